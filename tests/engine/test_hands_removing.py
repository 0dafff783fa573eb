"""What no action here can take back any more is taken away by its owner key, where the connector knows it."""

from collections.abc import Mapping

import pytest

from engine.hands import Hands
from engine.model.action import Snapshot
from engine.model.base import Json
from engine.model.execution import Result
from engine.token import TokenVerifier
from tests.engine.test_hands import SIGNER, Panel, Switch, Ticking, work


class Clearing(Panel):
    """A panel that takes away what it is asked to, or says so."""

    def __init__(self, honest: bool = True) -> None:
        self.there: dict[str, Json] = {"fl-1": {"action": "test.gone"}, "fl-2": {"action": "test.switch"}}
        self.honest = honest

    async def owned(self) -> Mapping[str, Json]:
        return dict(self.there)

    async def remove(self, key: str) -> None:
        self.there = {owner: what for owner, what in self.there.items() if owner != key or not self.honest}


def without_its_action(panel: Panel) -> Hands:
    """The zone after an upgrade that brought another action instead."""
    return Hands({("panel", "test.switch"): Switch()}, {"panel": panel}, TokenVerifier(SIGNER.public_key), Ticking())


@pytest.mark.parametrize("changed", [{"action": "test.gone"}, {"params": {"level": "high"}}])
async def test_what_no_action_can_release_any_more_is_taken_away_by_its_owner(changed: dict[str, object]) -> None:
    panel = Clearing()
    given = work().model_copy(update={**changed, "snapshot": Snapshot(present=False, displaced={"lamp": "red"})})
    outcome = await without_its_action(panel).release(SIGNER.vouch(given))
    assert (outcome.result, [*panel.there]) == (Result.RELEASED, ["fl-2"])
    [told] = outcome.changed
    assert (told.setting, told.was, told.refused) == ("lamp", "red", outcome.message)


@pytest.mark.parametrize(("panel", "owner"), [(Clearing(honest=False), "fl-1"), (Clearing(), "fl-3")])
async def test_what_the_connector_does_not_know_or_does_not_take_away_stays_stuck(panel: Panel, owner: str) -> None:
    gone = work().model_copy(update={"action": "test.gone", "owner": owner})
    outcome = await without_its_action(panel).release(gone)
    assert outcome.result is Result.RELEASE_FAILED
    assert outcome.message
