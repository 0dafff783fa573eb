"""Who is asked first, who next while time runs out, and who last."""

from datetime import timedelta

import pytest

from engine.control.escalation import REMINDERS, asked_people, next_mark
from engine.model.finding import Finding
from engine.model.request import Request
from engine.store.tx import Tx
from tests.bench import Bench

TOMORROW = timedelta(days=1)


def circles(bench: Bench, request: Request) -> list[set[str]]:
    def asked(tx: Tx) -> list[set[str]]:
        return [{*asked_people(tx, bench.desk, request, step, bench.now)} for step in range(4)]

    return bench.read(asked)


def away(bench: Bench, *names: str) -> None:
    """Write that these people are away today."""
    file, today = bench.settings.people_file, bench.now.date()
    said = [f"  - {{principal: {name}, from: {today}, until: {today + TOMORROW}}}\n" for name in names]
    file.write_text(file.read_text() + "absences:\n" + "".join(said))


@pytest.fixture
async def asked(bench: Bench, exfiltration: Finding) -> Request:
    """It asks two approvers, one of them of the database's owners."""
    return bench.requests(await bench.feed(exfiltration), "host.isolate")[-1]


def test_the_circle_widens_from_those_on_call_to_whoever_may_approve(bench: Bench, asked: Request) -> None:
    first, owners = {"samir", "tom"}, {"samir", "tom", "jonas"}
    assert circles(bench, asked) == [first, first, owners, {"admin", "anna", "samir", "tom", "jonas", "lena"}]


def test_whoever_is_away_is_asked_last(bench: Bench, asked: Request) -> None:
    away(bench, "samir")
    assert circles(bench, asked)[:3] == [{"tom"}, {"tom"}, {"tom", "jonas"}]
    assert "samir" in circles(bench, asked)[3]


def test_where_everybody_on_call_is_away_their_group_is_asked_at_once(bench: Bench, asked: Request) -> None:
    away(bench, "samir", "tom")
    assert circles(bench, asked)[:3] == [{"jonas"}] * 3


def test_where_all_are_away_all_are_asked_rather_than_nobody(bench: Bench, asked: Request) -> None:
    away(bench, "admin", "anna", "samir", "tom", "jonas", "lena")
    assert circles(bench, asked) == [{"admin", "anna", "samir", "tom", "jonas", "lena"}] * 4


async def test_where_no_group_is_named_whoever_is_on_call_for_any_and_may_approve_is_asked_first(bench: Bench) -> None:
    request = await bench.ask("tom", target="10.20.16.114")
    everybody = {"admin", "anna", "samir", "jonas", "lena"}
    assert circles(bench, request) == [{"anna", "samir", "lena"}] * 2 + [everybody] * 2


async def test_whoever_asks_is_asked_by_nobody_though_alone_on_call(bench: Bench) -> None:
    away(bench, "anna")
    request = await bench.ask("tom", target="10.20.16.114")
    assert request.decision is not None
    assert [("tom" in circle, bool(circle)) for circle in circles(bench, request)] == [(False, True)] * 4


@pytest.mark.parametrize("part", ["involved", "submitter"])
async def test_who_has_a_part_in_the_incident_is_never_asked_though_alone_on_call(
    bench: Bench, exfiltration: Finding, part: str
) -> None:
    assert exfiltration.source is not None
    source = exfiltration.source.model_copy(update={"user": "shaddad"})
    changes: dict[str, dict[str, object]] = {"involved": {"source": source}, "submitter": {"submitter": "samir"}}
    away(bench, "tom")
    asked = bench.requests(await bench.feed(exfiltration.model_copy(update=changes[part])), "host.isolate")[-1]
    assert asked.asked == ("jonas",)
    assert circles(bench, asked) == [{"jonas"}] * 3 + [{"admin", "anna", "jonas", "lena", "tom"}]


async def test_each_step_is_an_entry_however_late_it_is_taken(bench: Bench, asked: Request) -> None:
    assert (asked.asked_at, asked.deadline) != (None, None)
    assert asked.deadline is not None
    assert next_mark(asked) == bench.now + (asked.deadline - bench.now) / 4
    await bench.later((asked.deadline - bench.now) * 0.6)
    for _ in range(2):
        await bench.respond(asked.incident_id)
    found = [(one.body["step"], one.body["asked"]) for one in bench.entries("approval.escalated")]
    assert found == [(1, ["samir", "tom"]), (2, ["jonas", "samir", "tom"])]


async def test_at_the_last_step_those_asked_are_told_outside_of_chat_where_a_channel_hears_it(
    bench: Bench, asked: Request
) -> None:
    assert asked.deadline is not None
    half = (asked.deadline - bench.now) / 2
    for share in (half, half / 2, half / 4):
        await bench.later(share)
        await bench.respond(asked.incident_id)
    [said] = [one for one in bench.read(lambda tx: tx.messages.waiting(99)) if one.audience == REMINDERS]
    assert (said.subject, said.groups) == (f"request/{asked.id}", ("admin", "anna", "jonas", "lena", "samir", "tom"))
    assert said.title.endswith(" left: host.isolate on files-02")
