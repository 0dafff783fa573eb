"""What every action on every connector has to keep; subclass with a `case` fixture, one case per action.

`Conformance` is for all actions, `LastingConformance` for those whose effect stands until released, and
`FaultConformance` for connectors on which faults can be switched on.
"""

import pytest
from pydantic import ValidationError

from actions.simulators.faults import FaultKind
from engine.model.action import Impact
from engine.model.execution import Result
from tests.actions.cases import NOW, OTHER, OURS, SOON, Case, Desk, FaultyCase, execute, release

__all__ = [
    "NOW",
    "SOON",
    "Case",
    "Conformance",
    "FaultConformance",
    "FaultyCase",
    "LastingConformance",
    "LastingFaultConformance",
]


class Conformance:
    """For every action."""

    def test_metadata_is_complete(self, case: Case) -> None:
        spec = case.action.spec
        assert spec.summary and spec.version
        assert type(case.params) is spec.params
        assert bool(spec.d3fend) == bool(spec.mitigations) == (spec.impact > Impact.NONE)

    def test_unknown_parameters_are_refused(self, case: Case) -> None:
        with pytest.raises(ValidationError):
            case.action.spec.params.model_validate({**case.params.model_dump(), "force": True})

    def test_parameters_survive_their_json_form(self, case: Case) -> None:
        sent = {**case.params.effect(), "target": case.params.canonical_target()}
        assert case.action.spec.params.model_validate(sent) == case.params

    async def test_looking_changes_nothing(self, case: Case) -> None:
        before = case.trace()
        await case.action.validate(case.params)
        await case.action.snapshot(case.params)
        assert await case.action.inspect(case.params, OURS) is None
        assert not await case.action.verify(case.params, OURS)
        assert case.trace() == before
        assert not await case.effective()

    async def test_executed_it_is_effective_verified_and_found(self, case: Case) -> None:
        undo = await case.action.execute(case.params, OURS, SOON)
        assert await case.effective()
        assert await case.action.verify(case.params, OURS)
        assert await case.action.inspect(case.params, OURS) == undo

    async def test_executing_twice_under_one_key_equals_once(self, case: Case) -> None:
        first = await case.action.execute(case.params, OURS, SOON)
        once = case.trace()
        assert await case.action.execute(case.params, OURS, SOON) == first
        assert case.trace() == once

    async def test_applied_by_hands_it_is_verified_and_a_retry_keeps_the_first_snapshot(self, case: Case) -> None:
        desk = Desk(case)
        first = await desk.apply()
        assert first.result is Result.VERIFIED
        assert first.snapshot is not None and not first.snapshot.present
        again = await desk.hands.apply(desk.work().model_copy(update={"snapshot": first.snapshot}))
        assert (again.result, again.snapshot, again.undo) == (Result.VERIFIED, first.snapshot, first.undo)

    async def test_health_answers(self, case: Case) -> None:
        await case.connector.health()

    async def test_what_is_over_once_done_is_not_owned(self, case: Case) -> None:
        await execute(case)
        assert (OURS in await case.connector.owned()) == case.action.spec.lasting


class LastingConformance(Conformance):
    """For every action whose effect stands until it is released."""

    async def test_released_everything_is_as_before(self, case: Case) -> None:
        before = await case.action.snapshot(case.params)
        undo = await case.action.execute(case.params, OURS, SOON)
        await case.action.release(case.params, OURS, undo, before)
        assert not await case.effective()
        assert await case.action.inspect(case.params, OURS) is None
        assert await case.action.snapshot(case.params) == before

    async def test_releasing_twice_equals_once(self, case: Case) -> None:
        await execute(case)
        await release(case)
        once = case.trace()
        await release(case)
        assert case.trace() == once

    async def test_release_works_with_its_receipt_lost(self, case: Case) -> None:
        await execute(case)
        await release(case)
        assert not await case.effective()

    async def test_releasing_what_was_never_done_changes_nothing(self, case: Case) -> None:
        before = case.trace()
        await release(case)
        assert case.trace() == before

    async def test_two_owners_on_one_target_are_independent(self, case: Case) -> None:
        await execute(case, OURS)
        await execute(case, OTHER)
        await release(case, OURS)
        assert await case.effective()
        assert await case.action.verify(case.params, OTHER)
        assert not await case.action.verify(case.params, OURS)
        await release(case, OTHER)
        assert not await case.effective()

    async def test_somebody_elses_effect_stays_when_ours_is_released(self, case: Case) -> None:
        await case.others_act()
        before = await case.action.snapshot(case.params)
        await execute(case)
        await release(case)
        assert before.present
        assert await case.effective()
        assert await case.action.snapshot(case.params) == before

    async def test_somebody_elses_effect_is_not_taken_for_ours(self, case: Case) -> None:
        await case.others_act()
        assert await case.action.inspect(case.params, OURS) is None
        assert not await case.action.verify(case.params, OURS)
        assert not await case.connector.owned()

    async def test_it_is_owned_until_released(self, case: Case) -> None:
        await execute(case)
        owned = (await case.connector.owned())[OURS]
        assert (owned["action"], owned["target"]) == (case.action.spec.id, case.params.canonical_target())
        await release(case)
        assert not await case.connector.owned()

    async def test_what_no_lease_knows_can_be_removed(self, case: Case) -> None:
        await execute(case, OURS)
        await execute(case, OTHER)
        await case.connector.remove(OURS)
        await case.connector.remove(OURS)
        assert [*await case.connector.owned()] == [OTHER]
        assert await case.effective()

    async def test_through_hands_it_is_found_and_released_once(self, case: Case) -> None:
        desk = Desk(case)
        assert (await desk.inspect()).result is Result.ABSENT
        await desk.apply()
        assert (await desk.inspect()).result is Result.VERIFIED
        assert (await desk.release()).result is Result.RELEASED
        assert (await desk.release()).result is Result.RELEASED
        assert (await desk.inspect()).result is Result.ABSENT


class FaultConformance:
    """Whatever the connector does, the lease is told a known outcome, and a true one."""

    async def test_a_refusal_leaves_nothing(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.REFUSE)
        desk = Desk(case)
        assert (await desk.apply()).result is Result.REFUSED
        assert not await case.effective()
        assert (await desk.inspect()).result is Result.ABSENT

    async def test_done_without_an_answer_is_unknown_until_asked(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.APPLY_BUT_TIME_OUT)
        desk = Desk(case)
        outcome = await desk.apply()
        assert outcome.result is Result.UNKNOWN and outcome.snapshot is not None
        found = await desk.inspect()
        assert found.result is Result.VERIFIED and found.undo is not None
        assert await case.effective()

    async def test_a_lie_about_success_is_found_out_and_nothing_remains(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.LIE)
        desk = Desk(case)
        assert (await desk.apply()).result is Result.UNVERIFIED
        assert not await case.effective()
        assert (await desk.inspect()).result is Result.ABSENT

    async def test_out_of_reach_nothing_is_begun_and_nothing_is_claimed(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.UNREACHABLE)
        desk = Desk(case)
        assert (await desk.apply()).result is Result.NOT_BEGUN
        assert (await desk.inspect()).result is Result.UNKNOWN
        case.clear()
        assert not await case.effective()
        assert (await desk.apply()).result is Result.VERIFIED

    async def test_a_slow_success_is_a_success(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.SLOW)
        assert (await Desk(case).apply()).result is Result.VERIFIED

    async def test_a_counted_fault_strikes_so_often_only(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.REFUSE, times=2)
        desk = Desk(case)
        results = [(await desk.apply()).result for _ in range(3)]
        assert results == [Result.REFUSED, Result.REFUSED, Result.VERIFIED]

    async def test_a_refused_retry_does_not_hide_what_stands(self, case: FaultyCase) -> None:
        desk = Desk(case)
        await desk.apply()
        case.switch_on(FaultKind.REFUSE)
        assert (await desk.apply()).result in (Result.UNKNOWN, Result.VERIFIED)
        assert (await desk.inspect()).result is Result.VERIFIED


class LastingFaultConformance(FaultConformance):
    """The same for effects that have to be released."""

    async def test_a_failed_release_is_told_and_can_be_repeated(self, case: FaultyCase) -> None:
        desk = Desk(case)
        await desk.apply()
        case.switch_on(FaultKind.RELEASE_FAILS, times=1)
        failed = await desk.release()
        assert failed.result is Result.RELEASE_FAILED and failed.message
        assert await case.effective()
        assert (await desk.release()).result is Result.RELEASED
        assert not await case.effective()

    async def test_a_release_out_of_reach_is_told(self, case: FaultyCase) -> None:
        desk = Desk(case)
        await desk.apply()
        case.switch_on(FaultKind.UNREACHABLE)
        assert (await desk.release()).result is Result.RELEASE_FAILED
        case.clear()
        assert await case.effective()
        assert (await desk.release()).result is Result.RELEASED

    async def test_an_effect_found_after_silence_can_be_released(self, case: FaultyCase) -> None:
        case.switch_on(FaultKind.APPLY_BUT_TIME_OUT)
        desk = Desk(case)
        await desk.apply()
        assert (await desk.release()).result is Result.RELEASED
        assert not await case.effective()
