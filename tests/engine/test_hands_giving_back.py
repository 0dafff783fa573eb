"""Our element goes first: what cannot be remembered or given back is told, and holds no release up."""

from collections.abc import Mapping

import pytest
from pydantic import JsonValue

from engine.displacing import Displaces
from engine.errors import TargetError, TargetRefused
from engine.model.action import Params, Snapshot
from engine.model.base import Json
from engine.model.execution import Result, Work
from engine.model.restoring import Changed
from tests.engine.test_hands import AWAY, LATE, SIGNER, Switch, hands, work

BEFORE = Snapshot(present=False, displaced={"colour": "white"})


class Coloured(Switch, Displaces[Params]):
    """A switch whose lamp is red while it is on, and has the colour that it had before once that was given back."""

    def __init__(self, script: Mapping[str, Exception] | None = None, works: bool = True, on: bool = False) -> None:
        super().__init__(script, works, on)
        self.colour: JsonValue = "red" if on else "white"

    async def snapshot(self, params: Params) -> Snapshot:
        self._enter("snapshot")
        return Snapshot(present=self.on)

    def left(self, params: Params) -> Json:
        return {"colour": "red"}

    async def settings(self, params: Params) -> Json:
        self._enter("settings")
        return {"colour": self.colour}

    async def remembered(self, params: Params, key: str) -> Json:
        self._enter("remembered")
        return {"colour": "white"} if self.on else {}

    async def give_back(self, params: Params, setting: str, value: JsonValue, expected: JsonValue) -> None:
        self._enter("give_back")
        if self.colour != expected:
            raise TargetRefused(f"it is {self.colour}")
        self.colour = value


def signed(before: Snapshot | None = BEFORE, agreed: tuple[Changed, ...] = ()) -> Work:
    return SIGNER.vouch(work().model_copy(update={"snapshot": before, "agreed": agreed}))


@pytest.mark.parametrize("before", [BEFORE, None])
async def test_what_it_displaced_is_given_back(before: Snapshot | None) -> None:
    action = Coloured(on=True)
    outcome = await hands(action).release(signed(before))
    assert (outcome.result, outcome.restored, action.colour) == (Result.RELEASED, {"colour": "white"}, "white")


@pytest.mark.parametrize("method", ["snapshot", "settings", "give_back"])
@pytest.mark.parametrize("error", [AWAY, LATE, TargetError("broken")])
async def test_a_target_that_does_not_take_it_back_is_told_and_the_release_is_over(
    method: str, error: Exception
) -> None:
    action = Coloured({method: error}, on=True)
    outcome = await hands(action).release(signed())
    why = str(error) or "no answer in time"
    assert (outcome.result, action.on) == (Result.RELEASED, False)
    assert outcome.changed == (Changed(setting="colour", was="white", left="red", refused=why),)
    assert outcome.changed[0].line.endswith(f"left as `red`, what it is now nobody knows; the target refuses: {why}")


async def test_what_nobody_could_see_is_given_back_on_agreement_where_it_is_as_we_left_it() -> None:
    action = Coloured({"settings": AWAY}, on=True)
    told = (await hands(action).release(signed())).changed
    action.script.clear()
    outcome = await hands(action).release(signed(agreed=told))
    assert (outcome.restored, action.colour) == ({"colour": "white"}, "white")


async def test_nor_is_what_somebody_set_meanwhile_overwritten_by_such_an_agreement() -> None:
    action = Coloured({"settings": AWAY}, on=True)
    told = (await hands(action).release(signed())).changed
    action.script.clear()
    action.colour = "blue"
    outcome = await hands(action).release(signed(agreed=told))
    assert ([each.now for each in outcome.changed], action.colour) == (["blue"], "blue")


async def test_what_people_agreed_to_is_tried_again_where_the_target_does_not_answer() -> None:
    agreed = (Changed(setting="colour", was="white", left="red", now="blue"),)
    outcome = await hands(Coloured({"give_back": AWAY})).release(signed(agreed=agreed))
    assert (outcome.result, outcome.message) == (Result.RELEASE_FAILED, "no answer")


@pytest.mark.parametrize("error", [AWAY, LATE, TargetRefused("its log is gone")])
async def test_without_a_memory_our_element_goes_and_the_snapshot_is_given_back(error: Exception) -> None:
    action = Coloured({"remembered": error}, on=True)
    outcome = await hands(action).release(signed())
    assert (outcome.result, action.on, outcome.restored) == (Result.RELEASED, False, {"colour": "white"})


async def test_without_a_memory_nor_a_snapshot_it_goes_and_people_are_told() -> None:
    action = Coloured({"remembered": AWAY}, on=True)
    outcome = await hands(action).release(signed(None))
    assert (outcome.result, action.on) == (Result.RELEASED, False)
    assert outcome.changed == (Changed(setting="colour", left="red", now="red"),)


async def test_a_failed_release_keeps_what_the_target_remembered() -> None:
    outcome = await hands(Coloured({"release": AWAY}, on=True)).release(signed(None))
    assert (outcome.result, outcome.snapshot) == (Result.RELEASE_FAILED, BEFORE)


async def test_our_element_without_effect_still_says_what_it_displaced() -> None:
    outcome = await hands(Coloured(on=True, works=False)).inspect(work())
    assert (outcome.result, outcome.snapshot) == (Result.UNVERIFIED, BEFORE)
