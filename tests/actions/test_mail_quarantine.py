"""Several messages are one effect, and what became of each stands in its receipt."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from actions.conformance import simulated
from actions.conformance.case import NOW, OURS, Desk
from actions.conformance.simulated import SimulatedCase
from actions.mail_quarantine import Quarantine, QuarantineParams
from actions.simulators.faults import FaultKind
from actions.simulators.site import Site
from engine.context.parts import Message
from engine.model.execution import Result
from engine.target_ports import DONE

FIRST, SECOND, THIRD, GONE = "<Invoice.1@example.net>", "<Invoice.2@example.net>", "<Invoice.3@x>", "<gone@example.net>"


async def nobody_reads_the_first(site: Site) -> bool:
    return await site.mail.quarantined(FIRST)


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimulatedCase:
    place = simulated.place()
    more = tuple(Message(id=message, mailbox="j.doe") for message in (SECOND, THIRD))
    file = place.model_copy(update={"messages": (*place.messages, *more)})
    monkeypatch.setattr(simulated, "place", lambda: file)
    everything = (FIRST, SECOND, THIRD, GONE)
    return SimulatedCase(tmp_path / "site", Quarantine, nobody_reads_the_first, target=FIRST, messages=everything)


async def held(case: SimulatedCase) -> list[bool]:
    return [await case.connector.mail.quarantined(message) for message in (FIRST, SECOND, THIRD, GONE)]


async def test_what_is_there_is_quarantined_and_what_is_not_is_named(case: SimulatedCase) -> None:
    outcome = await Desk(case).apply()
    assert outcome.result is Result.VERIFIED
    assert outcome.undo is not None
    assert outcome.undo.details == {"parts": {FIRST: DONE, SECOND: DONE, THIRD: DONE, GONE: "never delivered"}}
    assert await held(case) == [True, True, True, False]


async def test_what_is_refused_in_part_is_recorded_and_released_as_one(case: SimulatedCase) -> None:
    case.switch_on(FaultKind.PARTLY)
    desk = Desk(case)
    outcome = await desk.apply()
    assert outcome.undo is not None
    assert outcome.undo.details["parts"] == {
        FIRST: DONE, SECOND: DONE, THIRD: "the site refuses it", GONE: "never delivered",
    }  # fmt: skip
    assert (await desk.release()).result is Result.RELEASED
    assert await held(case) == [False] * 4


async def test_after_silence_the_target_is_asked_about_each(case: SimulatedCase) -> None:
    case.switch_on(FaultKind.PARTLY, times=1)
    case.switch_on(FaultKind.APPLY_BUT_TIME_OUT)
    desk = Desk(case)
    assert (await desk.apply()).result is Result.UNKNOWN
    found = await desk.inspect()
    assert found.result is Result.VERIFIED
    assert found.undo is not None
    assert found.undo.details["parts"][THIRD] == "the site refuses it"  # type: ignore[index, call-overload]


async def test_where_nothing_is_reached_nothing_was_done(tmp_path: Path) -> None:
    wanted = {"target": GONE, "messages": (GONE, "<also@gone>")}
    case = SimulatedCase(tmp_path / "site", Quarantine, nobody_reads_the_first, **wanted)  # type: ignore[arg-type]
    before = case.trace()
    assert (await Desk(case).apply()).result is Result.REFUSED
    assert case.trace() == before


async def test_a_message_lost_since_shows_as_drift_only_if_it_was_said_to_be_held(case: SimulatedCase) -> None:
    await case.action.execute(case.params, OURS, NOW)
    assert await case.action.verify(case.params, OURS)
    case.connector.others.alter(OURS)
    assert not await case.action.verify(case.params, OURS)


@pytest.mark.parametrize("messages", [(SECOND,), (FIRST, FIRST), (FIRST, "a b"), (FIRST, *map(str, range(500)))])
def test_messages_that_are_no_list_of_them_are_refused(messages: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        QuarantineParams.model_validate({"target": FIRST, "messages": messages})
