"""The actions that need a firewall, on a real one."""

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import cast

import pytest

from actions.conformance.case import NOW, SOON, Desk, FaultyCase
from actions.conformance.doing import EVERY, LASTING
from actions.conformance.faults import FAULTS, LASTING_FAULTS
from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from actions.ports import Ports
from actions.registry import bind
from actions.simulators.faults import FaultKind
from engine.conformance import Law
from engine.model.action import Params
from engine.model.execution import Result
from tests.actions.connectors.nftables.faulty import FaultyNft
from tests.actions.connectors.nftables.namespaces import Site

TARGETS = {
    ("network.block_ip", Site.SERVER4): "addresses4",
    ("network.block_ip", Site.SERVER6): "addresses6",
    ("network.block_segment", "203.0.113.0/24"): "prefixes4",
    ("network.block_segment", "2001:db8:2::/48"): "prefixes6",
}
LAWS = (*EVERY, *LASTING, *FAULTS, *LASTING_FAULTS)
SOMEBODY = "fl-00000000000000000003"


class NftablesCase:
    """One action on the router of the site."""

    def __init__(self, site: Site, nft: FaultyNft, action_id: str, target: str) -> None:
        self._site = site
        self._nft = nft
        self._shared = TARGETS[action_id, target]
        self._server = Site.SERVER6 if ":" in target else Site.SERVER4
        nft_in = Nft(namespace=site.router, program=nft.program, timeout=timedelta(seconds=1))
        self.connector = NftablesConnector("edge-1", nft_in, lambda: NOW)
        self.action = bind("edge-1", Ports(firewall=self.connector))["edge-1", action_id]
        self.params: Params = self.action.spec.params.model_validate({"target": target})

    async def effective(self) -> bool:
        return not await self._site.tcp(self._server)

    async def others_act(self) -> None:
        # Our table is made by the first block; then somebody adds an element to our set by hand.
        await self.connector.block(ip_network("192.0.2.0/24"), SOMEBODY, SOON)
        await self.connector.unblock(SOMEBODY)
        target = self.params.canonical_target()
        self._site.nft("add", "element", "inet", "fireline", self._shared, f"{{ {target} }}")

    def trace(self) -> object:
        return re.sub(r'"expires": \d+', "", self._site.nft("-j", "list", "ruleset"))

    def switch_on(self, fault: FaultKind, times: int | None = None) -> None:
        self._nft.switch_on(fault, times)

    def clear(self) -> None:
        self._nft.clear()


@pytest.fixture(params=TARGETS, ids=lambda param: param[1])
def case(request: pytest.FixtureRequest, site: Site, tmp_path: Path) -> NftablesCase:
    action, target = cast(tuple[str, str], request.param)
    return NftablesCase(site, FaultyNft(tmp_path), action, target)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
async def test_it_keeps_every_law_of_actions(law: Law[FaultyCase], case: NftablesCase) -> None:
    await law.hold(case)


async def test_what_stands_is_only_looked_at_so_a_retry_has_nothing_to_be_refused(case: NftablesCase) -> None:
    desk = Desk(case)
    await desk.apply()
    case.switch_on(FaultKind.REFUSE)
    assert (await desk.apply()).result is Result.VERIFIED
