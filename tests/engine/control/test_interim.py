"""What is done meanwhile: at once, once, held on while nobody answers, and gone in the end."""

from datetime import UTC, timedelta

from engine.approvals import obligations
from engine.chat_lines import line_of
from engine.control.doors import give_verdict
from engine.control.drain import drain
from engine.control.interim import next_step
from engine.model.decision import OnExpiry, Tier
from engine.model.finding import Endpoint, Finding, VerdictKind
from engine.model.lease import Holder
from engine.model.request import Request
from engine.telling import by_the_clock
from tests.bench import Bench

CLAIM = ("id", "detector", "detector_version", "category", "techniques")
"""What makes a finding that of another detector."""


async def interim(bench: Bench, incident: str) -> Request:
    return next(r for r in bench.requests(incident, "network.block_ip") if r.interim_for)


async def test_while_people_think_the_small_block_is_in_force(bench: Bench, exfiltration: Finding) -> None:
    incident = await bench.feed(exfiltration)
    block = await interim(bench, incident)
    assert (block.state, block.target) == ("held", "203.0.113.44")
    assert block.decision is not None
    assert block.decision.tier <= 2
    assert block.interim_for == bench.requests(incident, "host.isolate")[-1].id


async def test_a_person_s_own_request_has_no_interim_that_its_facts_do_not_give(bench: Bench) -> None:
    request = await bench.ask(target="10.20.16.114")
    assert [r.id for r in bench.read(lambda tx: tx.requests.of(request.incident_id))] == [request.id]


async def test_an_interim_is_held_on_while_unanswered_and_ends_at_its_ceiling(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    asked = bench.requests(incident, "identity.disable_account")[0]
    block = await interim(bench, incident)
    holder = bench.read(lambda tx: tx.holders.get(block.id))
    assert asked.deadline is not None
    assert holder is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    assert bench.request(asked.id).state == "expired"
    await bench.later(holder.expires_at - bench.now - timedelta(seconds=1))
    await bench.settle(incident)
    held_on = bench.read(lambda tx: tx.holders.get(block.id))
    assert held_on is not None
    assert holder.expires_at < held_on.expires_at <= asked.deadline + timedelta(seconds=8)
    await bench.later(held_on.expires_at - bench.now)
    await bench.settle(incident)
    assert bench.request(block.id).state == "ended"
    assert "network.block_ip" not in await bench.standing()


async def test_the_entry_that_ends_the_question_says_what_holds_and_until_when(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    asked = bench.requests(incident, "identity.disable_account")[0]
    assert asked.deadline is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    [expired] = bench.entries("request.expired")
    longest = bench.now + obligations(asked).hold_ceiling
    block = await interim(bench, incident)
    held = {"action": block.action, "target": block.target, "until": longest.isoformat()}
    said = expired.body["holding"]
    assert isinstance(said, list)
    assert held in said
    line = line_of(expired) or ""
    assert line.startswith("nobody answered in time: nothing more is done; ")
    assert f"network.block_ip on {block.target} holds until {by_the_clock(longest, UTC)}" in line


async def test_what_bridges_another_question_is_not_said_to_hold_longer(
    bench: Bench, exfiltration: Finding, alert: Finding
) -> None:
    bench.without_check("legitimate-flows")
    incident = await bench.feed(exfiltration)
    ends = {"destination": Endpoint(ip="10.20.16.114", port=4444)}
    await bench.feed(exfiltration.model_copy(update={name: getattr(alert, name) for name in CLAIM} | ends))
    [asked], inside = bench.requests(incident, "host.isolate"), bench.requests(incident, "network.block_ip")[-1]
    assert (inside.state, inside.target, inside.interim_for is None) == ("held", "10.20.16.114", False)
    assert asked.deadline is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    expired = next(one for one in bench.entries("request.expired") if one.subject == f"request/{asked.id}")
    longest = bench.now + obligations(asked).hold_ceiling
    assert expired.body["holding"] == [
        {"action": "network.block_ip", "target": "203.0.113.44", "until": longest.isoformat()},
        {"action": "network.block_ip", "target": inside.target, "until": share(bench, inside).expires_at.isoformat()},
    ]


async def test_a_false_positive_does_not_hold_an_interim_on(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    asked = bench.requests(incident, "identity.disable_account")[0]
    assert asked.deadline is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    await bench.write(lambda tx: give_verdict(tx, anna, incident, kind, "on a journey", bench.now))
    await bench.settle(incident)
    assert await bench.standing() == []


async def test_what_is_asked_for_besides_has_a_share_of_its_own(
    bench: Bench, exfiltration: Finding, alert: Finding
) -> None:
    incident = await bench.feed(exfiltration)
    block = await interim(bench, incident)
    await bench.feed(exfiltration.model_copy(update={name: getattr(alert, name) for name in CLAIM}))
    own = bench.requests(incident, "network.block_ip")[-1]
    assert (own.state, own.params, own.interim_for) == ("held", block.params, None)
    assert own.lease_id == bench.request(block.id).lease_id
    assert share(bench, own).request_id == own.id


async def test_a_re_ask_finds_its_interim_already_there(bench: Bench, exfiltration: Finding) -> None:
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, "host.isolate")[-1]
    bench.site.others.move_job("nightly-backup", "files-02")
    for name in ("anna", "samir"):
        await bench.vote(asked.id, name)
    await bench.respond(incident)
    again = bench.requests(incident, "host.isolate")[-1]
    assert (bench.request(asked.id).state, again.state) == ("blocked", "awaiting_approval")
    assert len([r for r in bench.requests(incident, "network.block_ip") if r.interim_for]) == 1


async def unanswered(bench: Bench, takeover: Finding) -> tuple[str, Request, Holder]:
    """An incident whose question nobody answered, and the interim that is held on for it."""
    incident = await bench.feed(takeover)
    asked, block = bench.requests(incident, "identity.disable_account")[0], await interim(bench, incident)
    assert asked.deadline is not None
    await bench.later(asked.deadline - bench.now)
    await bench.respond(incident)
    return incident, block, share(bench, block)


def share(bench: Bench, block: Request) -> Holder:
    holder = bench.read(lambda tx: tx.holders.get(block.id))
    assert holder is not None
    return holder


async def test_an_interim_is_held_on_after_an_outage_at_the_end_of_its_step(bench: Bench, takeover: Finding) -> None:
    incident, block, holder = await unanswered(bench, takeover)
    await bench.later(holder.expires_at - bench.now + timedelta(seconds=2))
    order = await bench.write(lambda tx: drain(tx, bench.desk, block.connector, (), bench.now))
    await bench.settle(incident)
    assert (order.works, bench.request(block.id).state) == ((), "held")
    assert share(bench, block).expires_at > bench.now
    assert "network.block_ip" in await bench.standing()


async def test_whether_it_is_held_on_is_asked_without_anything_being_changed(bench: Bench, takeover: Finding) -> None:
    _, block, holder = await unanswered(bench, takeover)
    await bench.later(holder.expires_at - bench.now + timedelta(seconds=2))
    first, again = (bench.read(lambda tx: next_step(tx, holder, bench.now)) for _ in range(2))
    assert first is not None and first == again and first.until > bench.now
    await bench.write(lambda tx: drain(tx, bench.desk, block.connector, (), bench.now))
    assert (share(bench, block), bench.entries("lease.held_on")) == (holder, [])


async def test_after_an_outage_longer_than_a_step_an_interim_ends(bench: Bench, takeover: Finding) -> None:
    incident, block, _ = await unanswered(bench, takeover)
    await bench.later(timedelta(hours=1))
    order = await bench.write(lambda tx: drain(tx, bench.desk, block.connector, (), bench.now))
    assert block.target in [work.target for work in order.works]
    await bench.later(timedelta(seconds=10))
    await bench.settle(incident)
    assert bench.request(block.id).state == "ended"


async def test_a_refuted_interim_is_not_held_on_after_an_outage(bench: Bench, takeover: Finding) -> None:
    incident, block, holder = await unanswered(bench, takeover)
    anna, kind = bench.person("anna"), VerdictKind.FALSE_POSITIVE
    await bench.later(holder.expires_at - bench.now + timedelta(seconds=2))
    await bench.write(lambda tx: give_verdict(tx, anna, incident, kind, "on a journey", bench.now))
    await bench.settle(incident)
    assert bench.request(block.id).state == "withdrawn"


async def test_at_tier_3_too_people_are_paged_where_silence_holds_on(bench: Bench) -> None:
    asked = await bench.ask(action="host.isolate", target="billing")
    assert asked.decision is not None and asked.deadline is not None
    assert (asked.decision.tier, asked.decision.obligations.on_expiry) == (Tier.ASK, OnExpiry.HOLD)
    await bench.later(asked.deadline - bench.now)
    await bench.respond(asked.incident_id)
    assert f"expired/{asked.id}" in [page.about for page in bench.read(lambda tx: tx.pages.all())]
