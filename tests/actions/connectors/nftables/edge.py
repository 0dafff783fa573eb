"""What the tests of the connector block, for whom and until when."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from engine.target_ports import BlockScope
from tests.actions.connectors.nftables.namespaces import Site

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
OURS, OTHER = "fl-00000000000000000001", "fl-00000000000000000002"
ADDRESS, PREFIX = ip_address("192.0.2.44"), ip_network("192.0.2.0/24")
SCOPES = pytest.mark.parametrize("scope", [None, BlockScope(port=443)], ids=["shared", "private"])


def edge(site: Site, **how: object) -> NftablesConnector:
    return NftablesConnector("edge-1", Nft(namespace=site.router, **how), lambda: NOW)  # type: ignore[arg-type]
