"""A target that takes nothing back holds no release up, nor the next effect of its kind."""

import pytest

from engine.control.doors import release_lease
from engine.control.moves import key_of
from engine.control.tasks import answer_task
from engine.errors import TargetUnavailable
from engine.model.lease import Lease
from engine.model.request import Request
from tests.bench import Bench

DOMAIN, SETTING, BEFORE = "cdn.evil.example", "answer", "203.0.113.80"


def lease_of(bench: Bench, request: Request) -> Lease:
    found = bench.read(lambda tx: tx.leases.latest(key_of(request)))
    assert found is not None
    return found


@pytest.fixture
async def released(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Request:
    """A domain let go of at a resolver that writes nothing of its own any more."""
    bench.site.others.set(DOMAIN, SETTING, BEFORE)
    request = await bench.ask(action="dns.sinkhole", target=DOMAIN)
    await bench.respond(request.incident_id)

    async def read_only(*said: str) -> None:
        raise TargetUnavailable("the zone file is read-only")

    monkeypatch.setattr(bench.site.resolver, "answer_again", read_only)
    anna, lease = bench.person("anna"), lease_of(bench, request).id
    await bench.write(lambda tx: release_lease(tx, anna, lease, "looked at", bench.now))
    await bench.carry(key_of(request))
    return request


async def test_the_release_is_over_and_people_are_asked(bench: Bench, released: Request) -> None:
    assert (lease_of(bench, released).state, await bench.standing()) == ("released", [])
    [task] = [task for task in bench.read(lambda tx: tx.tasks.all()) if task.lease]
    assert task.questions[0].text.endswith("the target refuses: the zone file is read-only")


async def test_what_they_agree_to_is_given_back_once_the_target_takes_it(
    bench: Bench, released: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    [task] = [task for task in bench.read(lambda tx: tx.tasks.all()) if task.lease]
    tom, said = bench.person("tom"), {SETTING: "restore"}
    await bench.write(lambda tx: answer_task(tx, bench.desk, tom, task.id, said, bench.now))
    await bench.carry(key_of(released))
    assert (await bench.site.resolver.answer(DOMAIN), lease_of(bench, released).changed) == (BEFORE, ())


async def test_the_next_containment_of_that_target_does_not_wait_for_it(bench: Bench, released: Request) -> None:
    again = await bench.ask("anna", action="dns.sinkhole", target=DOMAIN)
    await bench.respond(again.incident_id)
    assert (bench.request(again.id).state, await bench.standing()) == ("held", ["dns.sinkhole"])
