"""What no action can take back any more is taken away by its owner key, once, and over when the connector says so."""

from collections.abc import Mapping

import pytest

from engine.errors import TargetUnavailable
from engine.hands import Hands
from engine.model.action import Snapshot
from engine.model.base import Json
from engine.model.execution import Result, Work
from engine.model.restoring import Changed
from engine.token import TokenVerifier
from tests.engine.test_hands import SIGNER, Panel, Switch, Ticking, work

GONE = work().model_copy(update={"action": "test.gone", "snapshot": Snapshot(present=False, displaced={"lamp": "red"})})
WHY = "connector `panel` has no action `test.gone`"


class Clearing(Panel):
    """A panel that takes away what it is asked to, or says so."""

    def __init__(self, honest: bool = True) -> None:
        self.there: dict[str, Json] = {"fl-1": {"action": "test.gone"}, "fl-2": {"action": "test.switch"}}
        self.honest = honest

    async def owned(self) -> Mapping[str, Json]:
        return dict(self.there)

    async def remove(self, key: str) -> None:
        self.there = {owner: what for owner, what in self.there.items() if owner != key or not self.honest}


class Forgetful(Panel):
    """A panel that is not well, and lists nothing."""

    async def health(self) -> None:
        raise TargetUnavailable("its list was not read")

    async def owned(self) -> Mapping[str, Json]:
        return {}


class Silent(Panel):
    """A panel that cannot list what is ours."""

    async def owned(self) -> Mapping[str, Json]:
        raise TargetUnavailable("no list today")


def without_its_action(panel: Panel) -> Hands:
    """The zone after an upgrade that brought another action instead."""
    return Hands({("panel", "test.switch"): Switch()}, {"panel": panel}, TokenVerifier(SIGNER.public_key), Ticking())


@pytest.mark.parametrize(
    "given", [GONE, GONE.model_copy(update={"action": "test.switch", "params": {"level": "high"}})]
)
async def test_what_no_action_can_release_any_more_is_taken_away_by_its_owner(given: Work) -> None:
    panel = Clearing()
    outcome = await without_its_action(panel).release(SIGNER.vouch(given))
    assert (outcome.result, [*panel.there]) == (Result.RELEASED, ["fl-2"])
    assert outcome.changed == (Changed(setting="lamp", was="red", beyond=outcome.message),)


async def test_taken_away_twice_equals_once_for_the_first_answer_may_be_lost() -> None:
    panel = Clearing()
    hands = without_its_action(panel)
    first, second = [await hands.release(SIGNER.vouch(GONE)) for _ in range(2)]
    assert (first.result, second.result, [*panel.there]) == (Result.RELEASED, Result.RELEASED, ["fl-2"])
    assert first.changed == second.changed != ()


async def test_what_the_connector_does_not_take_away_stays_stuck() -> None:
    outcome = await without_its_action(Clearing(honest=False)).release(GONE)
    assert (outcome.result, outcome.message) == (Result.RELEASE_FAILED, "the target said removed, and it is not")


@pytest.mark.parametrize(("panel", "why"), [(Forgetful(), "its list was not read"), (Silent(), "no list today")])
async def test_what_a_connector_cannot_list_is_not_taken_for_gone(panel: Panel, why: str) -> None:
    outcome = await without_its_action(panel).release(GONE)
    assert (outcome.result, outcome.message) == (Result.RELEASE_FAILED, why)


async def test_what_people_agreed_to_have_given_back_is_answered_for_and_told_as_beyond_us() -> None:
    agreed = Changed(setting="lamp", was="red", left="off", now="blue")
    outcome = await without_its_action(Clearing()).release(SIGNER.vouch(GONE.model_copy(update={"agreed": (agreed,)})))
    assert (outcome.result, outcome.agreed) == (Result.RELEASED, True)
    assert outcome.changed == (agreed.model_copy(update={"beyond": WHY}),)


async def test_of_what_a_later_effect_goes_on_displacing_nothing_is_told() -> None:
    outcome = await without_its_action(Clearing()).release(SIGNER.vouch(GONE.model_copy(update={"keeps": True})))
    assert (outcome.result, outcome.changed) == (Result.RELEASED, ())
