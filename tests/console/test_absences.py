"""Who is away, by the people's file and by calendars beside it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.people import FilePeople
from console.staff import staff
from engine.errors import InvalidInput
from engine.outgoing import whom

NOON = datetime(2026, 12, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
PEOPLE = """\
version: 1
groups: {responders: r}
people:
  anna: {name: Anna Keller, roles: [approver], groups: [responders]}
  ann: {name: Ann, roles: [approver], groups: [responders]}
  tom: {name: Tom, roles: [approver], groups: [responders]}
rota:
  - {principal: anna, group: responders}
  - {principal: tom, group: responders}
"""
AWAY = (
    "absences:\n  - {principal: anna, from: 2026-12-23, until: 2026-12-24, reason: holiday, timezone: Europe/Zurich}\n"
)
TEAM = "calendars:\n  - {file: team.ics, timezone: Europe/Zurich}\n"
OWN = "calendars:\n  - {file: tom.ics, principal: tom}\n"


def calendar(*events: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""))


def event(summary: str, day: str = "20261223", more: str = "SEQUENCE:0") -> str:
    return f"BEGIN:VEVENT\r\nUID:{summary}\r\nDTSTART;VALUE=DATE:{day}\r\n{more}\r\nSUMMARY:{summary}\r\nEND:VEVENT"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE)
    path.chmod(0o600)
    return path


def on_call(people: FilePeople, at: datetime) -> list[str]:
    return [one.id for one in people.on_call("responders", at)]


def test_whoever_is_away_is_not_on_duty_until_the_day_after_the_last(file: Path) -> None:
    file.write_text(PEOPLE + AWAY)
    people, midnight = FilePeople(file), datetime(2026, 12, 24, 23, tzinfo=UTC)
    assert [on_call(people, at) for at in (NOON - DAY, NOON)] == [["anna", "tom"], ["tom"]]
    assert [people.absent(at) for at in (midnight - timedelta(seconds=1), midnight)] == [{"anna"}, frozenset()]


def test_an_absence_may_say_its_instants(file: Path) -> None:
    file.write_text(
        PEOPLE + "absences: [{principal: tom, from: 2026-12-23T08:00Z, until: '2026-12-23T12:00:00+00:00'}]\n"
    )
    people = FilePeople(file)
    assert [sorted(people.absent(at)) for at in (NOON - timedelta(minutes=1), NOON)] == [["tom"], []]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{principal: eve, from: 2026-12-23, until: 2026-12-24}", "people.yaml:11:17: `eve` is not listed"),
        ("{principal: tom, from: 2026-12-23, until: 2026-12-22}", "it is over before it begins"),
        ("{principal: tom, from: soon, until: 2026-12-22}", "absences.0.from"),
        ("{principal: tom, from: 2026-12-23T08:00, until: 2026-12-24}", "absences.0.from"),
        ("{principal: tom, from: 2026-12-23, until: 2026-12-24, timezone: Mars/Base}", "is no time zone"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(file: Path, said: str, message: str) -> None:
    file.write_text(f"{PEOPLE}absences:\n  - {said}\n")
    with pytest.raises(InvalidInput) as caught:
        FilePeople(file)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["../team.ics", "/etc/passwd", ".hidden.ics", "team.txt"])
def test_a_calendar_lies_beside_the_file_and_nowhere_else(file: Path, name: str) -> None:
    file.write_text(f"{PEOPLE}calendars: [{{file: {name}}}]\n")
    with pytest.raises(InvalidInput, match=r"calendars\.0\.file"):
        FilePeople(file)


def test_an_event_of_a_team_s_calendar_is_whose_name_or_id_it_begins_with(file: Path) -> None:
    file.write_text(PEOPLE + TEAM)
    events = (event("Anna Keller: ski"), event("tom - dentist", "20261224"), event("ANN", "20261225"))
    (file.parent / "team.ics").write_text(calendar(*events))
    people = FilePeople(file)
    assert [people.absent(NOON + n * DAY) for n in range(4)] == [{"anna"}, {"tom"}, {"ann"}, frozenset()]
    assert people.calendar_problems == ()


def test_a_calendar_of_one_person_is_theirs_whatever_it_says_and_comes_again(file: Path) -> None:
    file.write_text(PEOPLE + OWN)
    (file.parent / "tom.ics").write_text(calendar(event("anna: at home", more="RRULE:FREQ=WEEKLY")))
    people = FilePeople(file)
    assert [people.absent(NOON + n * DAY) for n in (0, 1, 7)] == [{"tom"}, frozenset(), {"tom"}]


def test_a_calendar_is_read_again_when_it_changes_or_comes(file: Path) -> None:
    file.write_text(PEOPLE + OWN)
    people, said = FilePeople(file), list[frozenset[str]]()
    for text in (calendar(event("x")), calendar(event("x", "20270101"))):
        said.append(people.absent(NOON))
        (file.parent / "tom.ics").write_text(text)
    assert (said, people.absent(NOON)) == ([frozenset(), {"tom"}], frozenset())


@pytest.mark.parametrize(
    "text", ["", "BEGIN:VEVENT", calendar("BEGIN:VEVENT", "SUMMARY:tom", "END:VEVENT"), "\x00" * 600_000]
)
def test_a_broken_calendar_takes_nobody_away_and_is_told(file: Path, text: str) -> None:
    file.write_text(PEOPLE + OWN + AWAY)
    (file.parent / "tom.ics").write_text(text)
    people = FilePeople(file)
    assert people.absent(NOON) == {"anna"}
    [problem] = people.calendar_problems
    assert problem.startswith("nobody is away by `tom.ics`: ")


def test_an_event_that_is_nobody_s_takes_nobody_away_and_is_told(file: Path) -> None:
    file.write_text(PEOPLE + TEAM)
    (file.parent / "team.ics").write_text(calendar(event("Christmas party"), event("tommy is here")))
    people = FilePeople(file)
    assert people.absent(NOON) == frozenset()
    assert [problem.partition(": ")[2] for problem in people.calendar_problems] == [
        "`Christmas party` begins with nobody's name or id",
        "`tommy is here` begins with nobody's name or id",
    ]


def test_whoever_is_away_answers_no_quorum_meanwhile(file: Path) -> None:
    file.write_text(PEOPLE + AWAY)
    duties = staff(file, (), NOON - DAY).duties
    assert [duty.people for duty in duties] == [{"anna", "tom"}, {"tom"}, {"anna", "tom"}]
    assert [duty.since for duty in duties[1:]] == [NOON.replace(hour=23) - DAY, NOON.replace(hour=23) + DAY]


def test_without_shifts_everybody_answers_who_is_not_away(file: Path) -> None:
    file.write_text(PEOPLE.partition("rota:")[0] + AWAY)
    [now, *_] = staff(file, (), NOON).duties
    assert now.people == {"ann", "tom"}


def test_whoever_is_away_is_paged_last_or_where_nobody_else_is_there(file: Path) -> None:
    file.write_text(PEOPLE.partition("rota:")[0] + AWAY)
    people = FilePeople(file)
    assert [whom(people, ("responders",), turn, NOON) for turn in range(3)] == [
        ("ann", "tom"),
        ("ann", "tom"),
        ("ann", "anna", "tom"),
    ]
    everybody = "".join(AWAY.partition("\n")[2].replace("anna", name) for name in ("anna", "ann", "tom"))
    file.write_text(PEOPLE + "absences:\n" + everybody)
    assert whom(people, ("responders",), 0, NOON) == ("ann", "anna", "tom")
