"""The workflow of a lease: orders carried out, time passed, and what silence means."""

import pytest
from temporalio.client import Client, WorkflowHandle

from engine.model.execution import Apply, Finish, Hold, Inspect, LeaseOrder, Probe, Release, Result
from engine.model.harm import Sample, TcpProbe
from engine.model.orders import AdvanceLease, LeaseInput
from tests.workflows.made_up import QUEUE, WORK, Engine, Zone, after, eventually, in_turn
from workflows import timeouts

APPLY, INSPECT = LeaseOrder(command=Apply(work=WORK)), LeaseOrder(command=Inspect(work=WORK))
PROBES = (TcpProbe(id="shop", kind="tcp", host="shop.example", port=443, because="it sells"),)
PROBE = LeaseOrder(command=Probe(work=WORK, probes=PROBES))
RELEASE, FINISH = LeaseOrder(command=Release(work=WORK)), LeaseOrder(command=Finish())


async def start(client: Client, key: str, history_limit: int = 2000) -> WorkflowHandle[object, None]:
    """The lease's workflow, running."""
    given = LeaseInput(key=key, history_limit=history_limit)
    return await client.start_workflow("Lease", given, id=key, task_queue=QUEUE)


async def test_each_command_is_carried_out_and_its_outcome_told(client: Client, engine: Engine, zone: Zone) -> None:
    engine.leases = in_turn(APPLY, INSPECT, RELEASE, FINISH)
    await (await start(client, "lease/told")).result()
    assert zone.done == ["apply", "inspect", "release"]
    assert engine.outcomes("lease/told") == [None, Result.VERIFIED, Result.ABSENT, Result.RELEASED]


async def test_an_effect_is_held_for_as_long_as_it_takes(client: Client, engine: Engine) -> None:
    def month(step: AdvanceLease) -> LeaseOrder:
        first = len(engine.steps[step.lease_key]) == 1
        return LeaseOrder(command=Hold(until=after(step, days=30))) if first else FINISH

    engine.leases = month
    await (await start(client, "lease/month")).result()
    first, second = engine.steps["lease/month"]
    assert isinstance(first, AdvanceLease) and isinstance(second, AdvanceLease)
    assert second.now >= after(first, days=30)


async def test_a_nudge_ends_the_wait(client: Client, engine: Engine) -> None:
    def forever(step: AdvanceLease) -> LeaseOrder:
        first = len(engine.steps[step.lease_key]) == 1
        return LeaseOrder(command=Hold(until=after(step, days=3000))) if first else FINISH

    engine.leases = forever
    handle = await start(client, "lease/nudged")
    await eventually(lambda: len(engine.steps["lease/nudged"]) == 1)
    await handle.signal("nudge")
    await handle.result()
    assert len(engine.steps["lease/nudged"]) == 2


async def test_a_repeated_hold_is_not_waited_for(client: Client, engine: Engine) -> None:
    def repeated(step: AdvanceLease) -> LeaseOrder:
        first = len(engine.steps[step.lease_key]) == 1
        return LeaseOrder(command=Hold(until=after(step, days=9)), repeated=True) if first else FINISH

    engine.leases = repeated
    await (await start(client, "lease/repeated")).result()
    first, second = engine.steps["lease/repeated"]
    assert isinstance(first, AdvanceLease) and isinstance(second, AdvanceLease)
    assert second.now < after(first, days=1)


async def test_a_repeated_finish_is_asked_for_again(client: Client, engine: Engine) -> None:
    engine.leases = in_turn(LeaseOrder(command=Finish(), repeated=True), FINISH)
    await (await start(client, "lease/finished-twice")).result()
    assert engine.outcomes("lease/finished-twice") == [None, None]


async def test_work_that_no_worker_takes_has_not_begun(client: Client, engine: Engine) -> None:
    engine.leases = in_turn(RELEASE, FINISH)
    await (await start(client, "lease/nobody")).result()
    assert engine.outcomes("lease/nobody") == [None, Result.NOT_BEGUN]


async def test_work_whose_worker_falls_silent_is_lost(client: Client, engine: Engine, zone: Zone) -> None:
    zone.hangs = True
    engine.leases = in_turn(APPLY, FINISH)
    await (await start(client, "lease/silent")).result()
    assert engine.outcomes("lease/silent") == [None, Result.LOST]


async def test_work_that_fails_is_unknown_and_a_release_that_fails_has_failed(
    client: Client, engine: Engine, zone: Zone
) -> None:
    zone.fails = True
    engine.leases = in_turn(APPLY, INSPECT, RELEASE, FINISH)
    await (await start(client, "lease/failing")).result()
    assert engine.outcomes("lease/failing") == [None, Result.UNKNOWN, Result.UNKNOWN, Result.RELEASE_FAILED]


async def test_a_long_history_goes_on_in_a_new_run_with_no_outcome_left_behind(
    client: Client, engine: Engine, zone: Zone
) -> None:
    def often(step: AdvanceLease) -> LeaseOrder:
        number = len(engine.steps[step.lease_key])
        if number > 12:
            return FINISH
        return INSPECT if number % 2 else LeaseOrder(command=Hold(until=after(step, seconds=1)))

    engine.leases = often
    await (await start(client, "lease/long", history_limit=12)).result()
    assert engine.runs("lease/long") > 1
    assert engine.outcomes("lease/long") == [None, *[Result.ABSENT, None] * 6]


async def test_a_look_before_and_while_an_effect_lasts_is_told_with_what_it_saw(
    client: Client, engine: Engine, zone: Zone
) -> None:
    engine.leases = in_turn(PROBE, APPLY, PROBE, RELEASE, FINISH)
    await (await start(client, "lease/watched")).result()
    assert zone.done == ["probe", "apply", "probe", "release"]
    probed = [engine.told("lease/watched")[step] for step in (1, 3)]
    assert [(one.result, one.samples) for one in probed] == [(Result.PROBED, (Sample(probe="shop", passed=True),))] * 2


async def test_a_look_that_nobody_takes_ends_with_its_effect(client: Client, engine: Engine) -> None:
    def looked(step: AdvanceLease) -> LeaseOrder:
        if len(engine.steps[step.lease_key]) > 1:
            return FINISH
        ends = WORK.model_copy(update={"expires_at": after(step, seconds=3)})
        return LeaseOrder(command=Probe(work=ends, probes=PROBES))

    engine.leases = looked
    await (await start(client, "lease/ending")).result()
    assert engine.outcomes("lease/ending") == [None, Result.UNPROBED]
    first, second = engine.steps["lease/ending"]
    assert isinstance(first, AdvanceLease) and isinstance(second, AdvanceLease)
    assert second.now < after(first, seconds=timeouts.EFFECT["schedule_to_start_timeout"].total_seconds())


async def test_a_question_that_nobody_takes_is_asked_again_before_an_act_would_be(
    client: Client, engine: Engine
) -> None:
    engine.leases = in_turn(INSPECT, FINISH)
    await (await start(client, "lease/asking")).result()
    assert engine.outcomes("lease/asking") == [None, Result.NOT_BEGUN]
    first, second = engine.steps["lease/asking"]
    assert isinstance(first, AdvanceLease) and isinstance(second, AdvanceLease)
    assert second.now < after(first, seconds=timeouts.EFFECT["schedule_to_start_timeout"].total_seconds())


@pytest.mark.parametrize("how", ["nobody", "silent", "failing"])
async def test_a_look_that_nobody_could_take_is_no_failure_of_anything(
    client: Client, engine: Engine, zone: Zone, how: str
) -> None:
    zone.fails, zone.hangs = how == "failing", how == "silent"
    order = WORK.model_copy(update={"connector": "nobody" if how == "nobody" else "sim"})
    engine.leases = in_turn(LeaseOrder(command=Probe(work=order, probes=PROBES)), FINISH)
    await (await start(client, f"lease/unseen/{how}")).result()
    assert engine.outcomes(f"lease/unseen/{how}") == [None, Result.UNPROBED]
