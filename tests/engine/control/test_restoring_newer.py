"""What somebody set last before our element came is what its release gives back."""

import pytest

from console.cli.simulation import SITE
from engine.control.doors import release_lease
from engine.control.moves import key_of
from engine.control.watch import compare
from engine.model.lease import Lease
from engine.model.request import Request
from engine.model.watch import ConnectorHealth, Sweep
from tests.bench import Bench
from tests.engine.control.test_drift import SECOND

DOMAIN, SETTING, BEFORE, NEWER = "cdn.evil.example", "answer", "203.0.113.80", "192.0.2.1"


async def in_force(bench: Bench) -> Request:
    bench.site.others.set(DOMAIN, SETTING, BEFORE)
    request = await bench.ask(action="dns.sinkhole", target=DOMAIN)
    await bench.respond(request.incident_id)
    return request


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


async def put_back(bench: Bench, request: Request) -> Lease:
    """The sweep finds our element gone."""
    await bench.later(5 * SECOND)
    health = ConnectorHealth(instance=SITE, executor=bench.desk.executors[SITE], healthy=True, seen_at=bench.now)
    seen = Sweep(health=health, began_at=bench.now, owned=dict(await bench.site.owned()))
    await bench.write(lambda tx: compare(tx, bench.desk, seen, bench.now))
    await bench.carry(key_of(request))
    assert await bench.standing() == ["dns.sinkhole"]
    return lease_of(bench, request)


async def given_back(bench: Bench, request: Request) -> object:
    anna, lease = bench.person("anna"), lease_of(bench, request).id
    await bench.write(lambda tx: release_lease(tx, anna, lease, "looked at", bench.now))
    await bench.carry(key_of(request))
    return await bench.site.resolver.answer(DOMAIN)


async def test_lifted_and_set_anew_it_gives_back_the_newer(bench: Bench) -> None:
    request = await in_force(bench)
    bench.site.others.lift(lease_of(bench, request).owner)
    bench.site.others.set(DOMAIN, SETTING, NEWER)
    snapshot = (await put_back(bench, request)).snapshot
    assert snapshot is not None
    assert snapshot.displaced == {SETTING: NEWER}
    assert await given_back(bench, request) == NEWER


async def test_lifted_by_halves_it_gives_back_what_was_there_first(bench: Bench) -> None:
    request = await in_force(bench)
    bench.site.others.lift(lease_of(bench, request).owner)
    bench.site.others.set(DOMAIN, SETTING, "no answer")
    await put_back(bench, request)
    assert await given_back(bench, request) == BEFORE


async def test_set_anew_between_the_snapshot_and_the_effect_it_gives_back_the_newer(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    sinkhole = bench.site.resolver.sinkhole

    async def at_the_last_instant(domain: str, owner: str) -> str:
        bench.site.others.set(DOMAIN, SETTING, NEWER)
        return await sinkhole(domain, owner)

    monkeypatch.setattr(bench.site.resolver, "sinkhole", at_the_last_instant)
    assert await given_back(bench, await in_force(bench)) == NEWER
