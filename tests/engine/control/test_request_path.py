"""One request on its way: decided, asked about, and everything looked at again once people have agreed."""

from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest

from engine.control.advance import advance_incident
from engine.control.commit import guard
from engine.control.denials import RE_ASKS
from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.model.finding import Finding
from engine.model.page import Message
from engine.model.request import Request, RequestState
from engine.ports import Subject
from tests.bench import Bench


class Warns:
    """A check that warns from a moment on."""

    id = "weather"

    def __init__(self) -> None:
        self.outcome = CheckOutcome.PASS

    def run(self, subject: Subject) -> CheckResult:
        return CheckResult(check=self.id, outcome=self.outcome, summary="it rains")


class Breaks(Warns):
    """A check that fails to answer from a moment on."""

    def run(self, subject: Subject) -> CheckResult:
        if self.outcome is CheckOutcome.PASS:
            return super().run(subject)
        raise ZeroDivisionError("a bug of its own")


class Hits(Warns):
    """A check that always warns, of whom it would cut off by then."""

    victim = "orders-api"

    def run(self, subject: Subject) -> CheckResult:
        details: Json = {"dependents": [self.victim]}
        summary = f"would cut off {self.victim}"
        return CheckResult(check=self.id, outcome=CheckOutcome.WARN, summary=summary, details=details)


Check = TypeVar("Check", bound=Warns)


def with_check(bench: Bench, check: Check) -> Check:
    bench.parts = replace(bench.parts, desk=replace(bench.desk, checks=(*bench.desk.checks, check)))
    return check


async def asked_for(bench: Bench, target: str = "10.20.16.114") -> Request:
    """A block of a workstation at tier 3: one approver."""
    return await bench.ask("tom", target=target)


async def approved(bench: Bench, asked: Request) -> RequestState:
    await bench.vote(asked.id, "anna", digest=asked.digest)
    await bench.respond(asked.incident_id)
    return bench.request(asked.id).state


async def test_what_acts_by_itself_is_authorised_at_once(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    block = bench.requests(incident, "network.block_ip")[0]
    assert (block.state, block.decision and block.decision.tier) == ("held", 1)
    assert await bench.standing() == ["network.block_ip"]


async def test_a_check_that_stops_it_denies_it_and_asks_narrower(bench: Bench, exfiltration: Finding) -> None:
    incident = await bench.feed(exfiltration)
    first, second = bench.requests(incident, "host.isolate")
    assert (first.state, second.state) == ("denied", "awaiting_approval")
    assert second.supersedes == first.id
    assert second.params["spare"] == [{"peer": "files-03", "port": 5433, "protocol": "tcp"}]
    assert second.difference == (first.outcome,)


async def test_a_new_warning_after_the_last_vote_voids_the_approval_and_asks_again(bench: Bench) -> None:
    check = with_check(bench, Warns())
    asked = await asked_for(bench)
    check.outcome = CheckOutcome.WARN
    assert await approved(bench, asked) == "superseded"
    again = bench.requests(asked.incident_id, "network.block_ip")[-1]
    assert (again.state, again.supersedes, again.re_asks) == ("awaiting_approval", asked.id, 1)
    assert again.difference == ("new warning: weather",)
    assert bench.read(lambda tx: tx.votes.of(again.id)) == []


async def test_an_approval_does_not_carry_over_to_others_whom_it_would_hit(bench: Bench) -> None:
    check = with_check(bench, Hits())
    asked = await asked_for(bench)
    check.victim = "the-emergency-line"
    assert await approved(bench, asked) == "superseded"
    again = bench.requests(asked.incident_id, "network.block_ip")[-1]
    assert again.difference == ("it would also cut off the-emergency-line",)
    assert await bench.standing() == []


async def test_nor_does_it_between_the_approval_and_the_effect(bench: Bench) -> None:
    check = with_check(bench, Hits())
    asked = await asked_for(bench)
    await bench.vote(asked.id, "anna", digest=asked.digest)
    await bench.write(lambda tx: advance_incident(tx, bench.desk, asked.incident_id, bench.now))
    check.victim = "the-emergency-line"
    given = bench.request(asked.id)
    assert given.state is RequestState.AUTHORISED
    assert await bench.write(lambda tx: guard(tx, bench.desk, given, bench.now)) is None
    assert bench.request(asked.id).outcome == "approval: it would also cut off the-emergency-line"


async def test_a_check_that_blocks_after_the_last_vote_blocks(bench: Bench) -> None:
    check = with_check(bench, Warns())
    asked = await asked_for(bench)
    check.outcome = CheckOutcome.BLOCK
    assert await approved(bench, asked) == "blocked"
    assert bench.request(asked.id).outcome == "it rains"
    assert await bench.standing() == []


async def test_a_check_that_fails_to_answer_blocks_like_one_that_says_no(bench: Bench) -> None:
    check = with_check(bench, Breaks())
    asked = await asked_for(bench)
    check.outcome = CheckOutcome.WARN
    assert await approved(bench, asked) == "blocked"
    assert await bench.standing() == []


async def test_the_thing_behind_the_name_changed_so_people_are_asked_again(bench: Bench) -> None:
    asked = await asked_for(bench)
    bench.without_check("target-unchanged")
    bench.site.others.reimage("ws-114", "another installation")
    assert await approved(bench, asked) == "superseded"
    assert "not the same thing" in bench.request(asked.id).outcome


async def test_a_target_that_changed_since_is_never_acted_on(bench: Bench) -> None:
    asked = await asked_for(bench)
    bench.site.others.reimage("ws-114", "another installation")
    assert await approved(bench, asked) != "held"
    assert await bench.standing() == []


async def test_after_two_re_asks_a_person_is_paged_instead(bench: Bench) -> None:
    check = with_check(bench, Warns())
    asked = await asked_for(bench)
    for n in range(RE_ASKS + 1):
        check.id = f"weather-{n}"
        check.outcome = CheckOutcome.WARN
        assert await approved(bench, asked) == "superseded"
        asked = bench.requests(asked.incident_id, "network.block_ip")[-1]
    assert asked.re_asks == RE_ASKS
    assert asked.state == "superseded"
    assert [entry.subject for entry in bench.entries("page")] == [f"request/{asked.id}"]


@pytest.mark.parametrize(
    "changed",
    [
        {"params": {"target": "10.20.16.114", "host": None, "port": None, "protocol": "udp", "spare": []}},
        {"target": "10.20.16.115"},
        {"lease": timedelta(minutes=4)},
        {"action_version": "2"},
    ],
)
async def test_a_row_changed_after_its_approval_is_not_committed(bench: Bench, changed: dict[str, object]) -> None:
    asked = await asked_for(bench)
    await bench.vote(asked.id, "anna")
    row = bench.request(asked.id)
    body: Json = {"approved": True}
    other = row.model_copy(update={"state": RequestState.AUTHORISED, **body, **changed})
    await bench.write(lambda tx: tx.requests.save(other, before=RequestState.AWAITING_APPROVAL))
    assert await bench.write(lambda tx: guard(tx, bench.desk, other, bench.now)) is None
    assert "not what was approved" in bench.request(asked.id).outcome


async def test_what_an_engine_of_before_asked_under_another_digest_is_asked_again(bench: Bench) -> None:
    asked = await asked_for(bench)
    before = bench.request(asked.id).model_copy(update={"digest": "0" * 64})
    await bench.write(lambda tx: tx.requests.save(before, before=RequestState.AWAITING_APPROVAL))
    await bench.vote(asked.id, "anna", digest="0" * 64)
    await bench.respond(asked.incident_id)
    assert bench.request(asked.id).state is RequestState.SUPERSEDED
    fresh = bench.requests(asked.incident_id, "network.block_ip")[-1]
    assert (fresh.state, fresh.difference) == ("awaiting_approval", ("what is asked has another digest now",))
    await bench.vote(fresh.id, "anna", digest=fresh.digest)
    await bench.respond(asked.incident_id)
    assert bench.request(fresh.id).state is RequestState.HELD


async def test_unanswered_means_expired_and_at_tier_four_a_page(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    asked = bench.requests(incident, "identity.disable_account")[0]
    assert asked.deadline is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    assert bench.request(asked.id).state == "expired"
    assert [entry.body["text"] for entry in bench.entries("page")] == [f"{asked.id} expired unanswered"]
    assert "identity.disable_account" not in await bench.standing()


async def test_what_one_person_ended_that_takes_two_is_told_to_the_lead_once_it_is_final(
    bench: Bench, exfiltration: Finding
) -> None:
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, "host.isolate")[-1]
    await bench.vote(asked.id, "anna", "deny", "slipped")
    await bench.respond(incident)
    assert told(bench, "lead") == []
    await bench.later(bench.desk.retraction)
    await bench.respond(incident)
    await bench.respond(incident)
    [message] = told(bench, "lead")
    assert message.title == f"{asked.id} was denied by anna, and is not done: host.isolate on files-02"
    assert message.lines[0] == "because: slipped"
    assert bench.read(lambda tx: tx.pages.standing()) == []


async def test_a_denial_at_a_lower_tier_is_told_to_nobody_else(bench: Bench) -> None:
    asked = await asked_for(bench)
    await bench.vote(asked.id, "anna", "deny", "our own scanner")
    await bench.later(bench.desk.retraction)
    await bench.respond(asked.incident_id)
    assert (bench.request(asked.id).state, told(bench, "lead")) == ("rejected", [])


def told(bench: Bench, audience: str) -> list[Message]:
    return [one for one in bench.read(lambda tx: tx.messages.waiting(1000)) if one.audience == audience]
