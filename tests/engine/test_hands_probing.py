"""What hands make of probes: each is told for itself, whatever becomes of the others."""

import pytest

from engine.errors import GuardrailBreach
from engine.hands import Hands
from engine.model.action import Executor
from engine.model.execution import Result
from engine.model.harm import HarmProbe, Sample, TcpProbe
from engine.ports import Connector
from engine.token import TokenVerifier
from tests.engine.test_hands import SIGNER, Panel, Switch, Ticking, hands, work

SHOP = TcpProbe(id="shop", kind="tcp", host="192.0.2.10", port=443, because="it sells")
ODD = SHOP.model_copy(update={"id": "odd"})


class Breaking:
    """Breaks over one probe, and passes all others."""

    async def sample(self, probe: HarmProbe, connector: Connector) -> Sample:
        """As told."""
        if probe.id == "odd":
            raise UnicodeError("label too long")
        return Sample(probe=probe.id, passed=True)


async def test_a_probe_that_breaks_is_not_tried_and_keeps_nobody_from_the_others() -> None:
    breaking = Hands({}, {"panel": Panel()}, TokenVerifier(SIGNER.public_key), Ticking(), Breaking())
    outcome = await breaking.probe(work(), (ODD, SHOP))
    broken = Sample(probe="odd", passed=False, tried=False, said="UnicodeError: label too long")
    assert (outcome.result, outcome.samples) == (Result.PROBED, (broken, Sample(probe="shop", passed=True)))


async def test_probes_beside_work_for_another_kind_of_executor_are_a_breach() -> None:
    with pytest.raises(GuardrailBreach, match="not a real executor"):
        await hands(Switch()).probe(work().model_copy(update={"executor": Executor.REAL}), ())


async def test_a_zone_that_tries_no_probes_says_so() -> None:
    outcome = await hands(Switch()).probe(work(), ())
    assert (outcome.result, outcome.message) == (Result.UNPROBED, "this zone tries no probes")
