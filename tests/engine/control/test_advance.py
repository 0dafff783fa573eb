"""An incident's steps: planned once, woken in time, offered again, and closed when all is over and quiet."""

from datetime import timedelta

from engine.control.advance import BEGIN_WITHIN, advance_incident
from engine.model.execution import IncidentOrder
from engine.model.finding import Finding
from tests.bench import Bench


async def step(bench: Bench, incident: str) -> IncidentOrder:
    return await bench.write(lambda tx: advance_incident(tx, bench.desk, incident, bench.now))


async def test_a_finding_is_planned_once_however_often_its_incident_is_looked_at(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    await bench.feed(beacon)
    for _ in range(3):
        await step(bench, incident)
    assert len(bench.entries("plan.built")) == 1
    assert len(bench.requests(incident, "network.block_ip")) == 1


async def test_what_is_asked_for_already_is_not_asked_for_again(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon, beacon.model_copy(update={"id": "another"}))
    assert len(bench.entries("plan.built")) == 2
    assert len(bench.requests(incident, "network.block_ip")) == 1


async def test_an_authorised_request_is_offered_until_a_lease_takes_it_up(bench: Bench) -> None:
    request = await bench.ask()
    first, again = await step(bench, request.incident_id), await step(bench, request.incident_id)
    assert [lease.request_id for lease in first.start] == [request.id]
    assert again.start == first.start
    assert first.wake_at == bench.now + BEGIN_WITHIN


async def test_it_wakes_for_the_deadline_without_being_told(bench: Bench, takeover: Finding) -> None:
    incident = await bench.feed(takeover)
    asked = bench.requests(incident, "identity.disable_account")[0]
    order = await step(bench, incident)
    assert order.wake_at is not None
    assert asked.deadline is not None
    assert order.wake_at <= asked.deadline


async def test_it_closes_when_everything_is_over_and_the_window_has_passed(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    await bench.later(timedelta(seconds=30))
    await bench.settle(incident)
    assert not (await step(bench, incident)).done
    await bench.later(2 * bench.desk.window)
    assert (await step(bench, incident)).done
    assert [entry.subject for entry in bench.entries("incident.closed")] == [f"incident/{incident}"]
    assert (await step(bench, incident)).done


async def test_a_finding_after_the_close_opens_the_next_generation(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    await bench.later(timedelta(seconds=30))
    await bench.settle(incident)
    await bench.later(2 * bench.desk.window)
    await step(bench, incident)
    late = beacon.model_copy(update={"id": "late", "time": bench.now})
    following = await bench.feed(late)
    found = bench.read(lambda tx: tx.incidents.get(following))
    assert following != incident
    assert found is not None
    assert found.generation == 2


async def test_a_future_date_does_not_keep_an_incident_open_for_ever(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon.model_copy(update={"time": bench.now + timedelta(days=300)}))
    await bench.later(timedelta(seconds=30))
    await bench.settle(incident)
    await bench.later(3 * bench.desk.window)
    assert (await step(bench, incident)).done


async def test_an_unknown_incident_is_over(bench: Bench) -> None:
    assert (await step(bench, "INC-9999")).done
