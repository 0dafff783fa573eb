"""The laws of actions on a connector that misbehaves: the lease is told a known outcome, and a true one."""

from actions.conformance.case import Desk, FaultyCase
from actions.simulators.faults import FaultKind
from engine.conformance import laws, require, same
from engine.model.execution import Result


async def a_refusal_leaves_nothing(case: FaultyCase) -> None:
    """And is told as one."""
    case.switch_on(FaultKind.REFUSE)
    desk = Desk(case)
    same((await desk.apply()).result, Result.REFUSED, "refused, it is told as")
    require(not await case.effective(), "refused, it has an effect")
    same((await desk.inspect()).result, Result.ABSENT, "refused, what is found is")


async def done_without_an_answer_is_unknown_until_asked(case: FaultyCase) -> None:
    """Silence is never taken for failure."""
    case.switch_on(FaultKind.APPLY_BUT_TIME_OUT)
    desk = Desk(case)
    outcome = await desk.apply()
    same(outcome.result, Result.UNKNOWN, "without an answer it is told as")
    require(outcome.snapshot is not None, "without an answer its snapshot is lost")
    found = await desk.inspect()
    same(found.result, Result.VERIFIED, "asked, it is")
    require(found.undo is not None, "asked, it gives no receipt")
    require(await case.effective(), "what was done has no effect")


async def a_lie_about_success_is_found_out_and_nothing_remains(case: FaultyCase) -> None:
    """A success that cannot be read back is no success."""
    case.switch_on(FaultKind.LIE)
    desk = Desk(case)
    same((await desk.apply()).result, Result.UNVERIFIED, "a lie is told as")
    require(not await case.effective(), "after a lie there is an effect")
    same((await desk.inspect()).result, Result.ABSENT, "after a lie what is found is")


async def out_of_reach_nothing_is_begun_and_nothing_is_claimed(case: FaultyCase) -> None:
    """And once in reach again it can be done."""
    case.switch_on(FaultKind.UNREACHABLE)
    desk = Desk(case)
    same((await desk.apply()).result, Result.NOT_BEGUN, "out of reach it is told as")
    same((await desk.inspect()).result, Result.UNKNOWN, "out of reach what is found is")
    case.clear()
    require(not await case.effective(), "out of reach it was begun all the same")
    same((await desk.apply()).result, Result.VERIFIED, "in reach again it is")


async def a_slow_success_is_a_success(case: FaultyCase) -> None:
    """However late."""
    case.switch_on(FaultKind.SLOW)
    same((await Desk(case).apply()).result, Result.VERIFIED, "done slowly it is told as")


async def a_counted_fault_strikes_so_often_only(case: FaultyCase) -> None:
    """Retries reach the target, and nothing of a refusal is remembered."""
    case.switch_on(FaultKind.REFUSE, times=2)
    desk = Desk(case)
    results = [(await desk.apply()).result for _ in range(3)]
    same(results, [Result.REFUSED, Result.REFUSED, Result.VERIFIED], "refused twice, it is told as")


async def a_refused_retry_does_not_hide_what_stands(case: FaultyCase) -> None:
    """A refusal means that nothing was changed, not that nothing is there."""
    desk = Desk(case)
    await desk.apply()
    case.switch_on(FaultKind.REFUSE)
    again = (await desk.apply()).result
    require(again in (Result.UNKNOWN, Result.VERIFIED), f"what stands is told as `{again}` once a retry is refused")
    same((await desk.inspect()).result, Result.VERIFIED, "asked, it is")


async def a_failed_release_is_told_and_can_be_repeated(case: FaultyCase) -> None:
    """Or nobody would end the effect."""
    desk = Desk(case)
    await desk.apply()
    case.switch_on(FaultKind.RELEASE_FAILS, times=1)
    failed = await desk.release()
    same(failed.result, Result.RELEASE_FAILED, "a failed release is told as")
    require(failed.message, "a failed release does not say why")
    require(await case.effective(), "a failed release ended the effect")
    same((await desk.release()).result, Result.RELEASED, "repeated, the release is")
    require(not await case.effective(), "released, it still has its effect")


async def a_release_out_of_reach_is_told(case: FaultyCase) -> None:
    """And done once the target can be reached."""
    desk = Desk(case)
    await desk.apply()
    case.switch_on(FaultKind.UNREACHABLE)
    same((await desk.release()).result, Result.RELEASE_FAILED, "out of reach the release is told as")
    case.clear()
    require(await case.effective(), "out of reach the effect ended all the same")
    same((await desk.release()).result, Result.RELEASED, "in reach again the release is")


async def an_effect_found_after_silence_can_be_released(case: FaultyCase) -> None:
    """Though its receipt never came."""
    case.switch_on(FaultKind.APPLY_BUT_TIME_OUT)
    desk = Desk(case)
    await desk.apply()
    same((await desk.release()).result, Result.RELEASED, "after silence the release is")
    require(not await case.effective(), "released, it still has its effect")


async def a_lie_about_a_release_is_found_out(case: FaultyCase) -> None:
    """Or the effect would stand, and nobody would end it."""
    desk = Desk(case)
    await desk.apply()
    case.switch_on(FaultKind.RELEASE_LIES, times=1)
    lied = await desk.release()
    same(lied.result, Result.RELEASE_FAILED, "a release that was not done is told as")
    require(lied.message, "a release that was not done does not say why it failed")
    require(await case.effective(), "a release that was not done ended the effect")
    same((await desk.release()).result, Result.RELEASED, "repeated, the release is")
    require(not await case.effective(), "released, it still has its effect")


FAULTS = laws(
    a_refusal_leaves_nothing,
    done_without_an_answer_is_unknown_until_asked,
    a_lie_about_success_is_found_out_and_nothing_remains,
    out_of_reach_nothing_is_begun_and_nothing_is_claimed,
    a_slow_success_is_a_success,
    a_counted_fault_strikes_so_often_only,
    a_refused_retry_does_not_hide_what_stands,
)
"""For every action."""

LASTING_FAULTS = laws(
    a_failed_release_is_told_and_can_be_repeated,
    a_release_out_of_reach_is_told,
    an_effect_found_after_silence_can_be_released,
    a_lie_about_a_release_is_found_out,
)
"""Besides, for effects that have to be released."""
