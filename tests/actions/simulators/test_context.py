"""What is known about a simulated site follows what happens to it."""

from datetime import timedelta

import pytest

from actions.simulators.context import SimulatedContext
from actions.simulators.site import Site
from engine.ports import FlowScope
from tests.actions.conftest import NOW, OpenSite

FILES_02 = FlowScope(targets=("files-02",))


@pytest.fixture
def context(site: Site) -> SimulatedContext:
    return SimulatedContext(site.world, {"10.20.0.1": "the gateway"})


def test_a_moved_job_is_seen_where_it_now_comes_from(context: SimulatedContext, open_site: OpenSite) -> None:
    assert not context.flows(FILES_02, NOW - timedelta(days=14))
    open_site().others.move_job("backup", "files-02")
    flows = context.flows(FILES_02, NOW - timedelta(days=14))
    assert {(flow.tag, flow.port, flow.destination) for flow in flows} == {("backup", 8400, "bkp-02")}


def test_a_host_imaged_anew_is_another_thing(context: SimulatedContext, site: Site) -> None:
    before = context.asset("files-02")
    site.others.reimage("files-02", "install-2")
    after = context.asset("files-02")
    assert before is not None and after is not None
    assert (before.fingerprint, after.fingerprint) == ("install-1", "install-2")


@pytest.mark.parametrize("to", ["web-01", "printer-03"])
def test_an_address_leased_anew_belongs_to_its_new_host_only(context: SimulatedContext, site: Site, to: str) -> None:
    before = context.asset("10.99.0.7")
    site.others.lease_address("10.99.0.7", to)
    after, left = context.asset("10.99.0.7"), context.asset("guest-07")
    assert before is not None and after is not None and left is not None
    assert (after.name, left.addresses) == (to, ())
    assert before.fingerprint != after.fingerprint


def test_an_account_that_somebody_enables_is_known_as_enabled(context: SimulatedContext, site: Site) -> None:
    site.others.enable_account("svc-old")
    identity = context.identity("svc-old")
    assert identity is not None and identity.enabled


async def test_effects_do_not_change_what_is_known(context: SimulatedContext, site: Site) -> None:
    assets = context.assets()
    await site.hosts.isolate("files-02", "fl-1", ())
    assert context.assets() is not None and context.assets() == assets


def test_the_rest_is_answered_as_by_the_file(context: SimulatedContext) -> None:
    assert context.segment("guest-07") == "guest"
    assert context.message_exists("<Invoice.1@example.net>")
    assert [asset.name for asset in context.dependents("files-01")] == ["web-01"]
    assert context.untouchable("10.20.0.1") == "the gateway"
    assert len(context.identities()) == 2
