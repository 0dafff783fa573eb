"""A yes for less time than was asked: what is agreed to is what lasts, and nothing makes it longer again."""

import asyncio
from datetime import timedelta

import pytest

from engine.approvals import agreed_length
from engine.control.advance import advance_incident
from engine.control.carding import card_of
from engine.control.doors import extend_lease
from engine.control.prolonging import ask_longer
from engine.control.voting import retract_vote
from engine.digest import short
from engine.errors import Denied
from engine.model.finding import Finding
from engine.model.lease import Holder
from engine.model.request import Request
from tests.bench import Bench

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
async def asked(bench: Bench, exfiltration: Finding) -> Request:
    """An isolation for fifteen seconds at tier 4: two people, one of db-owners."""
    incident = await bench.feed(exfiltration)
    return bench.requests(incident, "host.isolate")[-1]


async def block(bench: Bench) -> Request:
    """A block for four minutes of the five at most, which takes one person."""
    return await bench.ask("tom", target="10.20.16.114", lease=4 * MINUTE)


def share(bench: Bench, request: Request) -> Holder:
    found = bench.read(lambda tx: tx.holders.get(request.id))
    assert found is not None
    return found


async def take_back(bench: Bench, request: Request, name: str) -> bool:
    answer = await bench.write(lambda tx: retract_vote(tx, bench.desk, request.id, bench.person(name), bench.now))
    return answer.accepted


async def test_what_is_approved_for_less_lasts_for_less_under_the_digest_that_was_asked(bench: Bench) -> None:
    asked = await block(bench)
    answer = await bench.vote(asked.id, "anna", digest=asked.digest, lease=MINUTE)
    assert (answer.accepted, answer.agreed_s) == (True, 60)
    await bench.respond(asked.incident_id)
    held = share(bench, asked)
    assert (held.expires_at, held.ceiling_at) == (bench.now + MINUTE, bench.now + MINUTE)
    assert (bench.request(asked.id).digest, bench.request(asked.id).narrowed) == (asked.digest, MINUTE)
    [committed] = bench.entries("lease.committed")
    assert committed.body["approved"] == asked.digest


async def test_its_entries_say_for_how_long(bench: Bench) -> None:
    asked = await block(bench)
    await bench.vote(asked.id, "anna", lease=MINUTE)
    await bench.respond(asked.incident_id)
    assert [one.body["lease_s"] for one in bench.entries("vote.cast")] == [60]
    assert [one.body["lease_s"] for one in bench.entries("request.authorised")] == [60]


async def test_the_shortest_of_all_is_what_lasts(bench: Bench, asked: Request) -> None:
    await bench.vote(asked.id, "anna", lease=5 * SECOND)
    last = await bench.vote(asked.id, "samir", lease=10 * SECOND)
    assert last.agreed_s == 5
    await bench.respond(asked.incident_id)
    assert share(bench, asked).expires_at == bench.now + 5 * SECOND


@pytest.mark.parametrize("lease", [4 * MINUTE + SECOND, timedelta(days=300), timedelta(0), -MINUTE])
async def test_a_yes_for_more_or_for_nothing_counts_for_nothing_and_is_an_entry(bench: Bench, lease: timedelta) -> None:
    asked = await block(bench)
    answer = await bench.vote(asked.id, "anna", lease=lease)
    assert not answer.accepted
    [refused] = bench.entries("vote.refused")
    assert (refused.body["because"], refused.body["lease_s"]) == (answer.because, lease.total_seconds())
    assert bench.read(lambda tx: tx.votes.of(asked.id)) == []


async def test_what_is_done_once_has_no_length(bench: Bench) -> None:
    asked = await bench.ask("tom", "identity.revoke_sessions", "svc-backup")
    answer = await bench.vote(asked.id, "anna", lease=SECOND)
    assert answer.because == "identity.revoke_sessions is done once, so it has no length"


async def test_a_later_yes_does_not_widen_it_nor_does_taking_the_narrower_back(bench: Bench, asked: Request) -> None:
    await bench.vote(asked.id, "anna", lease=5 * SECOND)
    await bench.vote(asked.id, "samir")
    assert await take_back(bench, asked, "anna")
    again = await bench.vote(asked.id, "anna", lease=15 * SECOND)
    assert again.agreed_s == 5
    await bench.respond(asked.incident_id)
    assert share(bench, asked).expires_at == bench.now + 5 * SECOND


async def test_alone_one_may_take_it_back_and_agree_to_all_of_it(bench: Bench, asked: Request) -> None:
    await bench.vote(asked.id, "anna", lease=5 * SECOND)
    assert await take_back(bench, asked, "anna")
    assert (await bench.vote(asked.id, "anna")).agreed_s is None


async def test_what_was_agreed_for_less_is_extended_only_by_asking(bench: Bench) -> None:
    asked = await block(bench)
    await bench.vote(asked.id, "anna", lease=MINUTE)
    await bench.respond(asked.incident_id)
    held = share(bench, asked)
    with pytest.raises(Denied, match="ask people with --ask"):
        await bench.write(
            lambda tx: extend_lease(tx, bench.person("tom"), held.lease_id, SECOND, "still needed", bench.now)
        )
    assert share(bench, asked) == held


async def test_who_is_asked_to_prolong_it_is_asked_for_all_that_is_wanted(bench: Bench) -> None:
    asked = await block(bench)
    await bench.vote(asked.id, "anna", lease=MINUTE)
    await bench.respond(asked.incident_id)
    lease, tom = share(bench, asked).lease_id, bench.person("tom")
    longer = await bench.write(
        lambda tx: ask_longer(tx, bench.desks(tx), tom, lease, 3 * MINUTE, "still needed", bench.now)
    )
    [item] = bench.read(lambda tx: card_of(tx, bench.desks(tx), longer.id)).items
    assert " for 3m; ends by itself" in item.title
    await bench.vote(longer.id, "anna")
    await bench.respond(asked.incident_id)
    assert share(bench, longer).expires_at == bench.now + 3 * MINUTE


async def test_asked_afresh_it_is_for_what_is_asked_again(bench: Bench) -> None:
    asked = await block(bench)
    await bench.vote(asked.id, "anna", lease=5 * SECOND)
    assert asked.decision is not None
    other = asked.decision.model_copy(update={"policy_digest": "of the policy before"})
    await bench.write(lambda tx: tx.requests.save(asked.model_copy(update={"decision": other}), before=asked.state))
    await bench.respond(asked.incident_id)
    [fresh] = [one for one in bench.requests(asked.incident_id, asked.action) if one.supersedes == asked.id]
    assert (fresh.narrowed, bench.read(lambda tx: agreed_length(tx.votes.of(fresh.id)))) == (None, None)


async def test_a_row_that_was_made_longer_since_is_not_carried_out(bench: Bench) -> None:
    asked = await block(bench)
    await bench.vote(asked.id, "anna", lease=MINUTE)
    authorised = await _authorised_only(bench, asked)
    longer = authorised.model_copy(update={"narrowed": None})
    await bench.write(lambda tx: tx.requests.save(longer, before=authorised.state))
    await bench.respond(asked.incident_id)
    assert "it would not last as long as was approved" in bench.request(asked.id).outcome
    assert await bench.standing() == []


async def test_fifty_at_once_agree_to_the_shortest_that_counted(bench: Bench, asked: Request) -> None:
    leases = [None if n % 5 == 0 else timedelta(seconds=n % 15 + 1) for n in range(50)]
    votes = [bench.vote(asked.id, ("anna", "samir")[n % 2], lease=lease) for n, lease in enumerate(leases)]
    assert sum(one.accepted for one in await asyncio.gather(*votes)) == 2
    said = [one.body.get("lease_s") for one in bench.entries("vote.cast")]
    agreed = bench.read(lambda tx: agreed_length(tx.votes.of(asked.id)))
    assert agreed == min((timedelta(seconds=float(str(one))) for one in said if one is not None), default=None)
    await bench.respond(asked.incident_id)
    assert share(bench, asked).expires_at == bench.now + (agreed or 15 * SECOND)


async def test_the_card_says_what_it_was_narrowed_to_and_by_whom(bench: Bench, asked: Request) -> None:
    await bench.vote(asked.id, "anna", lease=5 * SECOND)
    [item] = bench.read(lambda tx: card_of(tx, bench.desks(tx), asked.id)).items
    assert item.title.endswith(" for 5s, of the 15s asked; ends by itself")
    assert "anna yes for 5s" in next(line.text for line in item.lines if line.label == "VOTES")
    assert item.shown == short(asked.digest or "")


async def _authorised_only(bench: Bench, asked: Request) -> Request:
    """Approved, and nothing begun yet."""
    await bench.write(lambda tx: advance_incident(tx, bench.desks(tx), asked.incident_id, bench.now))
    found = bench.request(asked.id)
    assert found.state == "authorised"
    return found
