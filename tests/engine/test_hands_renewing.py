"""Leave to renew tells what stands of a later end, and begins nothing."""

import pytest

from engine.errors import GuardrailBreach
from engine.model.execution import Result, Work
from tests.engine.test_hands import AWAY, SIGNER, Switch, hands, work


def renewal(renews: bool = True) -> Work:
    leave = work()
    assert leave.token is not None
    signed = SIGNER.sign(leave.token.model_copy(update={"renews": True}))
    return leave.model_copy(update={"token": signed.model_copy(update={"renews": renews})})


async def test_what_stands_is_renewed() -> None:
    action = Switch(on=True)
    assert (await hands(action).apply(renewal())).result is Result.VERIFIED
    assert "execute" in action.log


@pytest.mark.parametrize("action", [Switch(), Switch(on=True, works=False)])
async def test_what_does_not_stand_in_effect_is_not_put_in_force(action: Switch) -> None:
    assert (await hands(action).apply(renewal())).result is Result.ABSENT
    assert "execute" not in action.log


async def test_a_target_that_does_not_say_is_not_touched() -> None:
    action = Switch({"verify": AWAY}, on=True)
    assert (await hands(action).apply(renewal())).result is Result.NOT_BEGUN
    assert "execute" not in action.log


async def test_it_cannot_be_made_into_leave_to_begin() -> None:
    with pytest.raises(GuardrailBreach, match="not signed by this engine"):
        await hands(Switch()).apply(renewal(renews=False))
