"""Network namespaces that the tests make for themselves and delete again."""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack

import pytest

from actions.connectors.nftables.connector import NftablesConnector
from tests.actions.connectors.nftables.edge import edge
from tests.actions.connectors.nftables.namespaces import Site, eventually, join, run, serve

INSTALL = "apt-get install nftables iproute2 util-linux"


def require_root() -> None:
    """Only root may make network namespaces."""
    if os.geteuid() != 0 and os.environ.get("FIRELINE_REQUIRE_REAL") == "1":
        pytest.fail(f"needs root and {INSTALL}")
    if os.geteuid() != 0:
        pytest.skip(f"needs root and {INSTALL}")


@pytest.fixture(scope="session")
def namespaces(require_real: Callable[[str, str], str]) -> Iterator[Site]:
    require_real("ip", "iproute2")
    require_real("nft", "nftables")
    require_real("setpriv", "util-linux")
    require_root()
    site = Site(*(f"fl-{os.getpid()}-{part}" for part in ("client", "router", "server")))
    made = []
    try:
        for name in (site.client, site.router, site.server):
            run("ip", "netns", "add", name)
            made.append(name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        for key in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            run("ip", "netns", "exec", site.router, "sysctl", "-qw", f"{key}=1")
        join(
            site,
            site.client,
            ("198.51.100.1/24", "2001:db8:1::1/64"),
            ("198.51.100.2/24", "198.51.100.3/24", "2001:db8:1::2/64"),
        )
        join(site, site.server, ("203.0.113.1/24", "2001:db8:2::1/64"), ("203.0.113.2/24", "2001:db8:2::2/64"))
        yield site
    finally:
        for name in made:
            run("ip", "netns", "delete", name)


@pytest.fixture(scope="session")
async def served(namespaces: Site) -> AsyncIterator[Site]:
    async with AsyncExitStack() as stack:
        for address in (Site.SERVER4, Site.SERVER6):
            for port in (Site.PORT, Site.OTHER_PORT):
                await serve(stack, namespaces.server, address, port)
        for address in (Site.ROUTER4, Site.ROUTER6):
            await serve(stack, namespaces.router, address, Site.PORT)
        # A new link needs a moment before it carries IPv6.
        assert await eventually(lambda: namespaces.tcp(Site.SERVER6))
        yield namespaces


@pytest.fixture
def site(served: Site) -> Iterator[Site]:
    """The site with no rules at all, before and after."""
    yield served
    served.nft("flush", "ruleset")


@pytest.fixture
def connector(site: Site) -> NftablesConnector:
    return edge(site)
