"""What is done meanwhile: at once, once, held on while nobody answers, and gone in the end."""

from datetime import timedelta

from engine.control.doors import give_verdict
from engine.model.finding import Finding, VerdictKind
from engine.model.request import Request
from tests.bench import Bench


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
