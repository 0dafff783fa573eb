"""The laws of actions whose connector answers nothing, does nothing, and does it later all the same."""

from typing import Protocol

from actions.conformance.case import OURS, Desk, FaultyCase
from actions.simulators.faults import FaultKind
from engine.conformance import laws, require, same
from engine.model.execution import Result


class LateCase(FaultyCase, Protocol):
    """A case whose connector can hold an order back."""

    def arrive(self) -> None:
        """Let every order that was held back be carried out now."""


async def what_arrives_before_the_second_try_is_found_and_not_done_again(case: LateCase) -> None:
    """Asked first, the target says that it stands there by now."""
    desk = await _silent(case)
    case.arrive()
    same((await desk.inspect()).result, Result.VERIFIED, "arrived, what is found is")
    once = case.trace()
    same((await desk.apply()).result, Result.VERIFIED, "applied again it is")
    same(case.trace(), once, "applied again after it had arrived, the connector changed")


async def what_arrives_after_the_second_try_is_done_once_and_released_once(case: LateCase) -> None:
    """Both tries carry one owner key."""
    desk = await _silent(case)
    same((await desk.inspect()).result, Result.ABSENT, "before it arrives, what is found is")
    same((await desk.apply()).result, Result.VERIFIED, "tried again it is")
    case.arrive()
    same([*await case.connector.owned()], [OURS], "once both have arrived, what is owned")
    same((await desk.release()).result, Result.RELEASED, "the one release is")
    require(not await case.effective(), "done twice, one release did not end it")


async def what_arrives_after_its_release_is_owned_and_can_be_removed(case: LateCase) -> None:
    """No lease knows it then: the sweep finds it by its key."""
    desk = await _silent(case)
    same((await desk.release()).result, Result.RELEASED, "released before it arrives it is")
    case.arrive()
    require(await case.effective(), "it never arrived")
    same([*await case.connector.owned()], [OURS], "what arrived after its release, and is owned")
    await case.connector.remove(OURS)
    require(not await case.effective(), "removed, it still has its effect")


async def _silent(case: LateCase) -> Desk:
    case.switch_on(FaultKind.LATE, times=1)
    desk = Desk(case)
    same((await desk.apply()).result, Result.UNKNOWN, "without an answer it is told as")
    require(not await case.effective(), "what was held back has an effect")
    return desk


LATE = laws(
    what_arrives_before_the_second_try_is_found_and_not_done_again,
    what_arrives_after_the_second_try_is_done_once_and_released_once,
    what_arrives_after_its_release_is_owned_and_can_be_removed,
)
"""For effects that last, at a connector that can hold orders back."""
