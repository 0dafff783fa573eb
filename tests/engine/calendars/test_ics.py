"""iCalendar files: events with their time zones and exceptions, and what is refused, at its line."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.calendars.components import MOST_EVENTS, MOST_RECURRING
from engine.calendars.ics import SIZE_LIMIT, read_ics
from engine.calendars.windows import Windows
from engine.errors import InvalidFile

BERLIN = ZoneInfo("Europe/Berlin")
YEAR = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def calendar(*events: str, before: str = "") -> str:
    inside = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{before}{inside}END:VCALENDAR\n"


def windows(text: str) -> list[tuple[str, str]]:
    found = Windows(read_ics(text, "freeze.ics", BERLIN)).between(*YEAR)
    return [(f"{window.starts:%m-%d %H:%M}", f"{window.ends:%m-%d %H:%M}") for window in found]


def refusal(text: str) -> list[str]:
    with pytest.raises(InvalidFile) as caught:
        read_ics(text, "freeze.ics", BERLIN)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("DTSTART:20260301T100000Z\nDTEND:20260301T120000Z", [("03-01 10:00", "03-01 12:00")]),
        ("DTSTART;TZID=Europe/Berlin:20260301T100000\nDURATION:PT2H", [("03-01 09:00", "03-01 11:00")]),
        ('DTSTART;TZID="W. Europe Standard Time":20260701T100000\nDURATION:PT2H', [("07-01 08:00", "07-01 10:00")]),
        ("DTSTART;TZID=/x.org/1/America/New_York:20260301T100000\nDURATION:PT2H", [("03-01 15:00", "03-01 17:00")]),
        ("DTSTART;VALUE=DATE:20260301", [("02-28 23:00", "03-01 23:00")]),
        ("DTSTART:20260301\nDTEND:20260303", [("02-28 23:00", "03-02 23:00")]),
        ("DTSTART:20260301T100000\nDTEND;TZID=America/New_York:20260301T060000", [("03-01 09:00", "03-01 11:00")]),
        ("DTSTART:20260301T100000Z\nDURATION:PT1H\nSTATUS:CANCELLED", []),
    ],
)  # fmt: skip
def test_one_event(event: str, expected: list[tuple[str, str]]) -> None:
    assert windows(calendar(f"UID:1\n{event}")) == expected


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        # The night that has 23 hours, and the one that has 25: whichever reading ends later.
        ("DTSTART:20260329T010000\nDURATION:PT3H", [("03-29 00:00", "03-29 03:00")]),
        ("DTSTART:20261025T010000\nDURATION:PT3H", [("10-24 23:00", "10-25 03:00")]),
        # A time that the clocks skip, and one that they show twice.
        ("DTSTART:20260329T023000\nDURATION:PT1H", [("03-29 01:30", "03-29 02:30")]),
        ("DTSTART:20261025T023000\nDURATION:PT30M", [("10-25 00:30", "10-25 02:00")]),
        # Whole days are 23 and 25 hours long.
        ("DTSTART:20260329", [("03-28 23:00", "03-29 22:00")]),
        ("DTSTART:20261025", [("10-24 22:00", "10-25 23:00")]),
    ],
)
def test_when_clocks_change(event: str, expected: list[tuple[str, str]]) -> None:
    assert windows(calendar(f"UID:1\n{event}")) == expected


def test_a_weekly_window_keeps_its_local_time_over_the_year() -> None:
    event = "DTSTART:20260105T220000\nDTEND:20260106T020000\nRRULE:FREQ=WEEKLY;UNTIL=20260730T200000Z"
    found = windows(calendar(f"UID:1\n{event}"))
    assert found[0] == ("01-05 21:00", "01-06 01:00")
    assert found[-1] == ("07-27 20:00", "07-28 00:00")
    assert len(found) == 30


def test_exceptions_moves_cancellations_and_additions() -> None:
    series = (
        "UID:1\nDTSTART:20260113T220000\nDURATION:PT4H\nRRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=6\n"
        "EXDATE:20260210T220000\nRDATE:20260120T220000"
    )
    moved = "UID:1\nRECURRENCE-ID:20260310T220000\nDTSTART:20260317T220000\nDURATION:PT1H"
    cancelled = "UID:1\nRECURRENCE-ID:20260414T200000Z\nDTSTART:20260414T220000\nDURATION:PT4H\nSTATUS:CANCELLED"
    starts = [start for start, _ in windows(calendar(series, moved, cancelled))]
    assert starts == ["01-13 21:00", "01-20 21:00", "03-17 21:00", "05-12 20:00", "06-09 20:00"]


def test_lines_are_unfolded_and_what_says_nothing_about_time_is_not_looked_at() -> None:
    event = (
        "UID:1\nSUMMARY:year-end\n  freeze\nDTSTART;VALUE=DA\n TE:20261224\nATTACH:https://example.com/x\n"
        "BEGIN:VALARM\nTRIGGER:-PT15M\nDURATION:PT1H\nEND:VALARM\nDESCRIPTION:;;;"
    )
    [event_found] = read_ics(calendar(event).replace("\n", "\r\n"), "freeze.ics", BERLIN)
    assert (event_found.summary, event_found.clock) == ("year-end freeze", timedelta(days=1))


def test_a_zone_is_known_by_where_it_lies_and_its_own_offsets_are_not_used() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Ours\nX-LIC-LOCATION:Asia/Tokyo\nBEGIN:STANDARD\nDTSTART:19700101T000000\n"
        "TZOFFSETFROM:+2359\nTZOFFSETTO:+2359\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    event = "UID:1\nDTSTART;TZID=Ours:20260301T100000\nDURATION:PT1H"
    assert windows(calendar(event, before=zone)) == [("03-01 01:00", "03-01 02:00")]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ("UID:1", "freeze.ics:3:1: the event has no `DTSTART`"),
        ("DTSTART:20260301T100000", "freeze.ics:3:1: the event has no end: give `DTEND` or `DURATION`"),
        ("DTSTART:20260230", "freeze.ics:4:9: `20260230` is no date or time of a calendar"),
        ("DTSTART;TZID=Nowhere:20260301T100000\nDURATION:PT1H",
         "freeze.ics:4:22: time zone `Nowhere` is known neither to IANA nor to Windows: name one of theirs"),
        ("DTSTART:20260301\nDTEND:20260301", "freeze.ics:4:9: ends no later than it begins"),
        ("DTSTART:20260301\nDTEND:20260302T100000",
         "freeze.ics:5:7: `DTSTART` and `DTEND` are both days, or both times"),
        ("DTSTART:20260301\nDURATION:P1Y", "freeze.ics:5:10: `P1Y` is no duration"),
        ("DTSTART:20260301\nDURATION:-P1D", "freeze.ics:4:9: ends no later than it begins"),
        ("DTSTART:20260301\nDURATION:P900D", "freeze.ics:4:9: lasts longer than 366 days"),
        ("DTSTART:00010101", "freeze.ics:4:9: begins in 1: only years from 1970 to 2199 are planned for"),
        ("DTSTART:20260301\nDTSTART:20260302", "freeze.ics:5:1: `DTSTART` stands twice in one event"),
        ("DTSTART:20260301\nRRULE:FREQ=SECONDLY",
         "freeze.ics:5:7: a rule recurs by `FREQ=DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`"),
        ("DTSTART:20260301\nRRULE:FREQ=DAILY;BYSECOND=1,2,3",
         "freeze.ics:5:7: `BYSECOND` is no part of a rule of days, weeks, months or years"),
        ("DTSTART:20260301\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
         "freeze.ics:5:7: the rule names no day within five years of its first, `2026-03-01`"),
        ("DTSTART:20260301\nEXRULE:FREQ=DAILY", "freeze.ics:5:1: `EXRULE` is obsolete: write the dates by `EXDATE`"),
        ("DTSTART:20260301\nRDATE;VALUE=PERIOD:20260301T100000Z/PT1H",
         "freeze.ics:5:20: `RDATE` of a range or a period is not read: write single dates"),
        ("DTSTART:20260301\nEXDATE:20260301T100000",
         "freeze.ics:5:8: `EXDATE` and `DTSTART` are both days, or both times"),
        ("DTSTART:20260301\nnonsense", "freeze.ics:5:1: is no line of a calendar: it has no `:`"),
    ],
)  # fmt: skip
def test_what_is_refused_where(event: str, message: str) -> None:
    assert refusal(calendar(event)) == [message]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "freeze.ics:1:1: a calendar begins with `BEGIN:VCALENDAR`"),
        ("hello", "freeze.ics:1:1: a calendar begins with `BEGIN:VCALENDAR`"),
        ("BEGIN:VCALENDAR\nEND:VEVENT", "freeze.ics:2:1: `END:VEVENT` closes nothing that is open"),
        ("BEGIN:VCALENDAR\n", "freeze.ics:1:1: `VCALENDAR` is never closed"),
        ("BEGIN:VCALENDAR\n" + "BEGIN:X\n" * 9, "freeze.ics:5:1: components are nested more than 4 deep"),
        (calendar(before="METHOD:CANCEL\n"),
         "freeze.ics:3:1: only a published calendar can be read, no answer or cancellation"),
        ("x" * (SIZE_LIMIT + 1), f"freeze.ics:1:1: the calendar is larger than {SIZE_LIMIT} bytes"),
        (calendar(*["DTSTART:20260301"] * (MOST_EVENTS + 1)),
         f"freeze.ics:{3 * MOST_EVENTS + 3}:1: there are more than {MOST_EVENTS} events"),
        (calendar(*["DTSTART:20260301\nRRULE:FREQ=DAILY"] * (MOST_RECURRING + 1)),
         f"freeze.ics:{4 * MOST_RECURRING + 3}:1: more than {MOST_RECURRING} events recur"),
    ],
)  # fmt: skip
def test_hostile_files(text: str, message: str) -> None:
    assert refusal(text) == [message]


def test_everything_wrong_is_told_at_once() -> None:
    text = calendar("DTSTART:x", "DTSTART:20260301\nDTEND:y")
    assert refusal(text) == [
        "freeze.ics:4:9: `x` is no date or time of a calendar",
        "freeze.ics:8:7: `y` is no date or time of a calendar",
    ]


LINES = st.sampled_from([
    "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "DTSTART:20260301T100000Z", "DURATION:PT1H",
    "DTSTART;VALUE=DATE:20260301", "RRULE:FREQ=DAILY", "RRULE:FREQ=MONTHLY;BYDAY=1SU", "EXDATE:20260301T100000Z",
    "UID:1",
    "RECURRENCE-ID:20260302T100000Z", "DTEND;TZID=:1", " folded", "BEGIN:VTIMEZONE", "TZID:X", "DTSTART;X", "RRULE:;;=",
])  # fmt: skip


@given(st.lists(LINES | st.text(max_size=30), max_size=25))
def test_any_lines_are_events_or_a_refusal_with_a_position(lines: list[str]) -> None:
    text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" + "\n".join(lines) + "\nEND:VEVENT\nEND:VCALENDAR"
    try:
        Windows(read_ics(text, "freeze.ics", BERLIN)).between(*YEAR)
    except InvalidFile as error:
        assert all(problem.line for problem in error.problems)
