"""The laws of actions: for all of them, and for those whose effect lasts.

Rules of `engine.ports.Action` are tried here through the action itself and through `Hands`, as the engine uses it.
"""

import asyncio

from pydantic import ValidationError

from actions.conformance.case import OTHER, OURS, SOON, Case, Desk, execute, release
from engine.conformance import NotKept, laws, require, same
from engine.model.execution import Result
from engine.plugins.admission import require_complete

COPIES = 8


async def its_metadata_is_complete(case: Case) -> None:
    """Summary, version, parameters, countermeasures, and one word on whether it can be undone."""
    require_complete(case.action.spec)
    same(type(case.params), case.action.spec.params, "the sample's parameters are of another type")


async def unknown_parameters_are_refused(case: Case) -> None:
    """A typo in a playbook must not go unnoticed."""
    try:
        case.action.spec.params.model_validate({**case.params.model_dump(), "no_such_parameter": True})
    except ValidationError:
        return
    raise NotKept("a parameter that it does not know was taken")


async def parameters_survive_their_json_form(case: Case) -> None:
    """They are stored and sent between steps."""
    sent = {**case.params.effect(), "target": case.params.canonical_target()}
    same(case.action.spec.params.model_validate(sent), case.params, "read back they are")


async def looking_changes_nothing(case: Case) -> None:
    """Validate, snapshot, inspect and verify."""
    before = case.trace()
    await case.action.validate(case.params)
    await case.action.snapshot(case.params)
    await _nothing_of_ours(case, OURS)
    same(case.trace(), before, "looking changed the connector")
    require(not await case.effective(), "looking had an effect")


async def executed_it_is_effective_verified_and_found(case: Case) -> None:
    """What it says it did is what can be seen."""
    undo = await case.action.execute(case.params, OURS, SOON)
    require(await case.effective(), "executed, it has no effect")
    require(await case.action.verify(case.params, OURS), "executed, it does not verify")
    same(await case.action.inspect(case.params, OURS), undo, "what is found under its key is not its receipt")


async def executing_twice_under_one_key_equals_once(case: Case) -> None:
    """Every step is retried."""
    first = await case.action.execute(case.params, OURS, SOON)
    once = case.trace()
    same(await case.action.execute(case.params, OURS, SOON), first, "the second receipt differs")
    same(case.trace(), once, "the second time changed the connector again")


async def applied_by_hands_it_is_verified_and_a_retry_keeps_the_first_snapshot(case: Case) -> None:
    """Our own element is never taken for what stood before."""
    desk = Desk(case)
    first = await desk.apply()
    same(first.result, Result.VERIFIED, f"applied it is ({first.message})")
    require(first.snapshot is not None and not first.snapshot.present, "its snapshot says that something stood there")
    again = await desk.hands.apply(desk.work().model_copy(update={"snapshot": first.snapshot}))
    same((again.result, again.snapshot, again.undo), (Result.VERIFIED, first.snapshot, first.undo), "retried it is")


async def carried_out_many_times_at_once_it_is_done_once(case: Case) -> None:
    """One leave, handed to several workers, by mistake or by somebody who copied it."""
    desk = Desk(case)
    work = desk.work()
    outcomes = await asyncio.gather(*(desk.hands.apply(work) for _ in range(COPIES)))
    same({outcome.result for outcome in outcomes}, {Result.VERIFIED}, "carried out many times at once it is")
    once = case.trace()
    same((await desk.hands.apply(work)).undo, outcomes[0].undo, "carried out once more, its receipt")
    same(case.trace(), once, "carried out once more, the connector changed again")
    if case.action.spec.lasting:
        same((await desk.release()).result, Result.RELEASED, "the one release is")
        require(not await case.effective(), "one release did not end what was carried out many times")


async def health_answers(case: Case) -> None:
    """A connector under trial is well."""
    await case.connector.health()


async def what_is_over_once_done_is_not_owned(case: Case) -> None:
    """Only lasting effects are watched and swept."""
    await execute(case)
    same(OURS in await case.connector.owned(), case.action.spec.lasting, "whether its effect is owned")


async def released_everything_is_as_before(case: Case) -> None:
    """The promise of every lease."""
    before = await case.action.snapshot(case.params)
    undo = await case.action.execute(case.params, OURS, SOON)
    await case.action.release(case.params, OURS, undo, before)
    require(not await case.effective(), "released, it still has its effect")
    require(await case.action.inspect(case.params, OURS) is None, "released, something of ours still stands")
    same(await case.action.snapshot(case.params), before, "what stands after the release")


async def releasing_twice_equals_once(case: Case) -> None:
    """Every step is retried."""
    await execute(case)
    await release(case)
    once = case.trace()
    await release(case)
    same(case.trace(), once, "the second release changed the connector again")


async def release_works_with_its_receipt_lost(case: Case) -> None:
    """The answer of an execution can get lost."""
    await execute(case)
    await release(case)
    require(not await case.effective(), "released without a receipt, it still has its effect")


async def releasing_what_was_never_done_changes_nothing(case: Case) -> None:
    """Nor does it raise."""
    before = case.trace()
    await release(case)
    same(case.trace(), before, "the release changed the connector")


async def two_owners_on_one_target_are_independent(case: Case) -> None:
    """The first release must not lift the second's hold."""
    await execute(case, OURS)
    await execute(case, OTHER)
    await release(case, OURS)
    require(await case.effective(), "the first owner's release lifted the second's hold")
    require(await case.action.verify(case.params, OTHER), "the second owner's effect does not verify any more")
    require(not await case.action.verify(case.params, OURS), "the first owner's effect verifies after its release")
    await release(case, OTHER)
    require(not await case.effective(), "released by both, it still has its effect")


async def somebody_elses_effect_stays_when_ours_is_released(case: Case) -> None:
    """It is not ours to lift."""
    await case.others_act()
    before = await case.action.snapshot(case.params)
    await execute(case)
    await release(case)
    require(before.present, "its snapshot does not see what somebody else did")
    require(await case.effective(), "the release lifted what somebody else had done")
    same(await case.action.snapshot(case.params), before, "what stands after the release")


async def somebody_elses_effect_is_not_taken_for_ours(case: Case) -> None:
    """Nor reported as such."""
    await case.others_act()
    await _nothing_of_ours(case, OURS)
    require(not await case.connector.owned(), "what somebody else did is owned by us")


async def it_is_owned_until_released(case: Case) -> None:
    """So that leases can be compared with the world."""
    await execute(case)
    owned = (await case.connector.owned()).get(OURS, {})
    same(owned.get("target"), case.params.canonical_target(), "the owned effect's target")
    require(owned.get("action"), "the owned effect does not say by which action")
    await release(case)
    require(not await case.connector.owned(), "released, it is still owned")


async def what_no_lease_knows_can_be_removed(case: Case) -> None:
    """By its owner key alone, and without touching another's."""
    await execute(case, OURS)
    await execute(case, OTHER)
    await case.connector.remove(OURS)
    await case.connector.remove(OURS)
    same([*await case.connector.owned()], [OTHER], "what is owned then")
    require(await case.effective(), "removing one owner's effect lifted the other's")


async def through_hands_it_is_found_and_released_once(case: Case) -> None:
    """The life of a lease, told by its outcomes."""
    desk = Desk(case)
    steps = (desk.inspect, desk.apply, desk.inspect, desk.release, desk.release, desk.inspect)
    results = [(await step()).result for step in steps]
    verified, released = Result.VERIFIED, Result.RELEASED
    same(results, [Result.ABSENT, verified, verified, released, released, Result.ABSENT], "its outcomes")


async def _nothing_of_ours(case: Case, key: str) -> None:
    require(await case.action.inspect(case.params, key) is None, "something is found under a key that did nothing")
    require(not await case.action.verify(case.params, key), "an effect is verified under a key that did nothing")


EVERY = laws(
    its_metadata_is_complete,
    unknown_parameters_are_refused,
    parameters_survive_their_json_form,
    looking_changes_nothing,
    executed_it_is_effective_verified_and_found,
    executing_twice_under_one_key_equals_once,
    applied_by_hands_it_is_verified_and_a_retry_keeps_the_first_snapshot,
    carried_out_many_times_at_once_it_is_done_once,
    health_answers,
    what_is_over_once_done_is_not_owned,
)
"""For every action."""

LASTING = laws(
    released_everything_is_as_before,
    releasing_twice_equals_once,
    release_works_with_its_receipt_lost,
    releasing_what_was_never_done_changes_nothing,
    two_owners_on_one_target_are_independent,
    somebody_elses_effect_stays_when_ours_is_released,
    somebody_elses_effect_is_not_taken_for_ours,
    it_is_owned_until_released,
    what_no_lease_knows_can_be_removed,
    through_hands_it_is_found_and_released_once,
)
"""Besides, for every action whose effect stands until it is released."""
