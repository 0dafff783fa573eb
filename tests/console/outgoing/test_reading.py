"""Owners, IT operations and help desk hear once of every change of an effect, and only from when they were there."""

from collections import Counter
from datetime import timedelta

import pytest

from console.outgoing.reading import tell_more
from engine.control.doors import extend_lease
from engine.control.moves import note
from engine.control.prolonging import ask_longer
from engine.control.verdicts import release_by_hand
from engine.model.base import Json
from engine.model.lease import Lease
from engine.model.page import Message
from engine.telling import instant
from tests.bench import Bench
from tests.console.outgoing.test_delivery import SECOND
from tests.engine.control.test_again import under
from tests.engine.control.test_drift import sweep


async def look(bench: Bench) -> list[Message]:
    """The messages of one more look."""
    before = bench.read(lambda tx: tx.messages.count())
    await tell_more(bench.store, bench.desks, bench.now)
    return [*bench.read(lambda tx: tx.messages.waiting(100))][before:]


async def in_force(bench: Bench) -> Lease:
    request = await bench.ask()
    await bench.respond(request.incident_id)
    [lease] = bench.read(lambda tx: tx.leases.live())
    return lease


def said(messages: list[Message], audience: str = "help-desk") -> list[str]:
    return [line for message in messages if message.audience == audience for line in message.lines]


async def test_every_change_is_told_once_to_every_audience(bench: Bench) -> None:
    await look(bench)
    lease = await in_force(bench)
    active = await look(bench)
    assert {"help-desk", "it-operations"} <= {one.audience for one in active}
    assert set(Counter((one.audience, one.groups) for one in active).values()) == {1}
    assert await look(bench) == []
    await bench.write(lambda tx: extend_lease(tx, bench.person("tom"), lease.id, SECOND, "more", bench.now))
    extended = await look(bench)
    await bench.write(lambda tx: release_by_hand(tx, bench.desk, bench.person("tom"), lease.id, "over", bench.now))
    await bench.carry(lease.key)
    released = await look(bench)
    assert [len(said(one)) for one in (active, extended, released)] == [1, 1, 1]
    for lines, word in ((active, "in force until"), (extended, "stays in force"), (released, "released")):
        assert word in said(lines)[0] and lease.id in said(lines)[0] and "203.0.113.7" in said(lines)[0]


async def test_what_is_given_up_is_told_as_released(bench: Bench) -> None:
    await look(bench)
    lease = await in_force(bench)
    await look(bench)
    under(bench, "on_drift: surrender")
    bench.site.others.lift(lease.owner)
    await sweep(bench)
    messages = await look(bench)
    [line] = said(messages)
    assert "released" in line and lease.id in line
    assert len(said(messages, "it-operations")) == 1


async def test_what_was_before_is_not_told(bench: Bench) -> None:
    await in_force(bench)
    assert await look(bench) == []
    assert await look(bench) == []


async def test_several_changes_between_two_looks_are_one_message(bench: Bench) -> None:
    await look(bench)
    lease = await in_force(bench)
    await bench.write(lambda tx: extend_lease(tx, bench.person("tom"), lease.id, SECOND, "more", bench.now))
    messages = await look(bench)
    assert len([one for one in messages if one.audience == "help-desk"]) == 1
    assert len(said(messages)) == 2


async def test_dying_before_it_is_written_tells_it_with_the_next_look(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    await look(bench)
    await in_force(bench)
    with monkeypatch.context() as broken:
        broken.setattr("engine.control.telling.READER", None)
        with pytest.raises(Exception, match="NOT NULL"):
            await tell_more(bench.store, bench.desks, bench.now)
    assert len(said(await look(bench))) == 1


async def test_messages_say_that_the_site_is_simulated(bench: Bench) -> None:
    await look(bench)
    await in_force(bench)
    assert {one.simulated for one in await look(bench)} == {True}


async def test_an_extension_that_people_approved_is_told(bench: Bench) -> None:
    lease = await in_force(bench)
    await look(bench)
    asked = await bench.write(
        lambda tx: ask_longer(tx, bench.desk, bench.person("tom"), lease.id, timedelta(days=1), "not over", bench.now)
    )
    await bench.vote(asked.id, "anna", digest=asked.digest)
    await bench.respond(asked.incident_id)
    [line] = said(await look(bench))
    longer = bench.read(lambda tx: tx.leases.get(lease.id))
    assert longer is not None and longer.expires_at is not None and longer.expires_at - bench.now > timedelta(hours=23)
    assert f"stays in force until {instant(longer.expires_at)}" in line


async def test_what_is_decided_again_and_kept_is_told_and_what_ends_as_it_was_to_end_is_not(bench: Bench) -> None:
    lease = await in_force(bench)
    await look(bench)
    kept: Json = {"answer": "kept", "until": "2027-01-01T00:00:00+00:00"}
    ends: Json = {"answer": "ends", "because": "nobody would do it now"}
    await bench.write(lambda tx: note(tx, f"lease/{lease.id}", "lease.decided_again", bench.now, kept))
    await bench.write(lambda tx: note(tx, f"lease/{lease.id}", "lease.decided_again", bench.now, ends))
    [line] = said(await look(bench))
    assert "stays in force until 2027-01-01 00:00 UTC" in line


async def test_another_share_that_ends_no_later_is_no_change(bench: Bench) -> None:
    lease = await in_force(bench)
    await look(bench)
    shorter = await bench.ask("tom", lease=SECOND)
    await bench.respond(shorter.incident_id)
    assert bench.request(shorter.id).lease_id == lease.id
    assert await look(bench) == []
