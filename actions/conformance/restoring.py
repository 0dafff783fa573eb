"""The laws of actions that displace something: it is given back where it is as we left it, and told where it is not."""

from typing import Protocol

from pydantic import JsonValue

from actions.conformance.case import OTHER, OURS, Case, Desk, execute, release
from engine.conformance import laws, require, same
from engine.displacing import HELD, Displaces, remembered
from engine.model.action import Params, Snapshot
from engine.model.base import Json
from engine.model.execution import Outcome, Result
from engine.model.restoring import Changed

BEFORE, MEANWHILE, SINCE = "as it was before", "as somebody wants it now", "as somebody wants it since"


class ChangingCase(Case, Protocol):
    """A case whose target can be changed by somebody else."""

    def others_set(self, setting: str, value: JsonValue) -> None:
        """Let somebody else give a setting of the target another value."""


async def what_it_displaced_is_given_back(case: ChangingCase) -> None:
    """The promise of every lease, beyond our own element."""
    desk, before = await _applied(case)
    same(await _settings(case), _left(case), "in force, what it displaced")
    released = await _release(desk, before)
    same(released.restored, _all(case, BEFORE), "given back is")
    same(await _settings(case), _all(case, BEFORE), "after the release, what it displaced")
    once = case.trace()
    await _release(desk, before)
    same(case.trace(), once, "the second release changed the connector again")


async def what_it_displaced_is_remembered_beside_our_element(case: ChangingCase) -> None:
    """The word of a worker that died over the execution is lost, and its snapshot with it."""
    desk, _ = await _applied(case)
    for again in (await desk.inspect(), await desk.apply()):
        require(again.snapshot is not None, "found again, nobody knows what it displaced")
        same(again.snapshot and again.snapshot.displaced, _all(case, BEFORE), "found again, what it displaced")
    same((await _release(desk, None)).restored, _all(case, BEFORE), "released with its snapshot lost, given back is")


async def into_a_changed_world_its_own_goes_at_once_and_the_rest_is_told(case: ChangingCase) -> None:
    """Nobody's newer will is overwritten, and no release waits for it."""
    desk, before = await _applied(case)
    _set(case, MEANWHILE)
    for _ in range(2):
        released = await _release(desk, before)
        require(not await case.effective(), "released into a changed world, it still has its effect")
        same(released.changed, _told(case, MEANWHILE), "what it tells of the changed world")
        same(await _settings(case), _all(case, MEANWHILE), "after the release, what somebody had set")


async def what_somebody_gave_back_before_us_is_no_question(case: ChangingCase) -> None:
    """Nothing is left to do."""
    desk, before = await _applied(case)
    _set(case, BEFORE)
    released = await _release(desk, before)
    same((released.restored, released.changed), ({}, ()), "what was given back by somebody else is")


async def what_people_agree_to_is_given_back_once(case: ChangingCase) -> None:
    """Under the same key, however often it is asked."""
    desk, before = await _applied(case)
    _set(case, MEANWHILE)
    agreed = (await _release(desk, before)).changed
    same((await _release(desk, before, agreed)).restored, _all(case, BEFORE), "agreed to, given back is")
    once = case.trace()
    same((await _release(desk, before, agreed)).changed, (), "agreed to twice, what is left over")
    same(case.trace(), once, "agreed to twice, the connector changed again")


async def what_changed_since_people_looked_is_told_again(case: ChangingCase) -> None:
    """They agreed to overwrite what they saw, nothing else."""
    desk, before = await _applied(case)
    _set(case, MEANWHILE)
    agreed = (await _release(desk, before)).changed
    _set(case, SINCE)
    again = await _release(desk, before, agreed)
    same({each.setting: each.now for each in again.changed}, _all(case, SINCE), "changed again, what is told")
    same(await _settings(case), _all(case, SINCE), "changed again, what stands")


async def what_another_effect_of_ours_goes_on_displacing_is_kept(case: ChangingCase) -> None:
    """The first release must not lift the second's hold."""
    desk, before = await _applied(case)
    released = await desk.release(snapshot=before, keeps=True)
    same((released.result, released.changed), (Result.RELEASED, ()), "kept, the release is")
    same(await _settings(case), _left(case), "kept, what it displaced")


async def what_is_remembered_is_what_stood_at_that_instant(case: ChangingCase) -> None:
    """Somebody may have changed it since the snapshot."""
    _set(case, BEFORE)
    before = Snapshot(present=False, displaced=await _settings(case))
    _set(case, MEANWHILE)
    await execute(case)
    was = await remembered(case.action, case.params, OURS, before)
    same(was and was.displaced, _all(case, MEANWHILE), "changed after the snapshot, what it displaced")


async def put_back_it_gives_back_what_it_found_last(case: ChangingCase) -> None:
    """Lifted by somebody who set something newer; where they left what we had set, what was there first is due."""
    desk, before = await _applied(case)
    await release(case)
    again = await desk.apply(snapshot=before)
    same(again.snapshot and again.snapshot.displaced, _all(case, BEFORE), "put back over what we left, it displaced")
    await release(case)
    _set(case, MEANWHILE)
    again = await desk.apply(snapshot=before)
    same(again.snapshot and again.snapshot.displaced, _all(case, MEANWHILE), "put back over newer, it displaced")
    same((await _release(desk, before)).restored, _all(case, MEANWHILE), "put back over newer, given back is")


async def what_another_such_effect_stands_on_is_not_given_back_from_under_it(case: ChangingCase) -> None:
    """Ours that came into force since the release was ordered, or somebody else's: they go on having it."""
    desk, before = await _applied(case)
    same((await desk.hands.apply(desk.work(OTHER))).result, Result.VERIFIED, "applied beside the first it is")
    released = await _release(desk, before)
    same((released.restored, released.changed), ({}, _held(case)), "released while another stands, given back is")
    same(await _settings(case), _left(case), "released while another stands, what it displaced")
    again = await _release(desk, before, released.changed)
    same((again.restored, again.changed), ({}, _held(case)), "agreed to while another stands, given back is")
    same((await desk.hands.release(desk.work(OTHER))).result, Result.RELEASED, "the release of the other is")
    same((await _release(desk, before)).restored, _all(case, BEFORE), "once the other is gone, given back is")


async def what_the_engine_did_not_sign_is_not_given_back(case: ChangingCase) -> None:
    """Taking our own element away needs no leave; setting a value by somebody's word does."""
    desk, _ = await _applied(case)
    unsigned = desk.work().model_copy(update={"snapshot": Snapshot(present=False, displaced=_all(case, MEANWHILE))})
    released = await desk.hands.release(unsigned)
    same(released.restored, _all(case, BEFORE), "released without a signature, given back is")
    agreed = tuple(Changed(setting=name, was=SINCE, now=BEFORE) for name in _left(case))
    for forged in (unsigned, desk.work()):
        await desk.hands.release(forged.model_copy(update={"agreed": agreed}))
        same(await _settings(case), _all(case, BEFORE), "after a release that nobody signed, what stands")


async def _applied(case: ChangingCase) -> tuple[Desk, Snapshot | None]:
    """In force over settings that had a value, and what its snapshot says of them."""
    _set(case, BEFORE)
    desk = Desk(case)
    outcome = await desk.apply()
    same(outcome.result, Result.VERIFIED, f"applied it is ({outcome.message})")
    return desk, outcome.snapshot


async def _release(desk: Desk, before: Snapshot | None, agreed: tuple[Changed, ...] = ()) -> Outcome:
    outcome = await desk.release(snapshot=before, agreed=agreed)
    same(outcome.result, Result.RELEASED, f"the release is ({outcome.message})")
    return outcome


def _told(case: ChangingCase, now: str) -> tuple[Changed, ...]:
    return tuple(Changed(setting=name, was=BEFORE, left=left, now=now) for name, left in _left(case).items())


def _held(case: ChangingCase) -> tuple[Changed, ...]:
    return tuple(
        Changed(setting=name, was=BEFORE, left=left, now=left, refused=HELD) for name, left in _left(case).items()
    )


def _set(case: ChangingCase, value: str) -> None:
    for name in _left(case):
        case.others_set(name, value)


def _all(case: ChangingCase, value: str) -> Json:
    return {name: value for name in _left(case)}


def _left(case: ChangingCase) -> Json:
    return _displacing(case).left(case.params)


async def _settings(case: ChangingCase) -> Json:
    return await _displacing(case).settings(case.params)


def _displacing(case: ChangingCase) -> Displaces[Params]:
    require(isinstance(case.action, Displaces), "it displaces nothing")
    assert isinstance(case.action, Displaces)
    return case.action


RESTORING = laws(
    what_it_displaced_is_given_back,
    what_it_displaced_is_remembered_beside_our_element,
    into_a_changed_world_its_own_goes_at_once_and_the_rest_is_told,
    what_somebody_gave_back_before_us_is_no_question,
    what_people_agree_to_is_given_back_once,
    what_changed_since_people_looked_is_told_again,
    what_another_effect_of_ours_goes_on_displacing_is_kept,
    what_is_remembered_is_what_stood_at_that_instant,
    put_back_it_gives_back_what_it_found_last,
    what_another_such_effect_stands_on_is_not_given_back_from_under_it,
    what_the_engine_did_not_sign_is_not_given_back,
)
"""For every action that is `engine.displacing.Displaces`, whose settings take any text."""
