"""What hands make of probes: each is told for itself, whatever becomes of the others."""

from engine.hands import Hands
from engine.model.execution import Result
from engine.model.harm import HarmProbe, Sample, TcpProbe
from engine.ports import Connector
from engine.token import TokenVerifier
from tests.engine.test_hands import SIGNER, Panel, Ticking, work

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
    hands = Hands({}, {"panel": Panel()}, TokenVerifier(SIGNER.public_key), Ticking(), Breaking())
    outcome = await hands.probe(work(), (ODD, SHOP))
    broken = Sample(probe="odd", passed=False, tried=False, said="UnicodeError: label too long")
    assert (outcome.result, outcome.samples) == (Result.PROBED, (broken, Sample(probe="shop", passed=True)))
