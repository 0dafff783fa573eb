"""Every registered action on the simulated site."""

from collections.abc import Awaitable, Callable
from typing import cast

import pytest

from actions import ACTIONS
from actions.registry import bind
from actions.simulators.faults import FaultKind
from actions.simulators.site import Site
from engine.model.action import Params
from tests.actions.conformance import Conformance, FaultConformance, LastingConformance, LastingFaultConformance


async def blocked(site: Site) -> bool:
    return not site.probe.reachable("files-02", "203.0.113.44")


async def segment_cut(site: Site) -> bool:
    return not site.probe.reachable("guest-07", "web-01", 443)


async def isolated(site: Site) -> bool:
    return not site.probe.reachable("files-02", "web-01", 443)


async def ports_closed(site: Site) -> bool:
    return not site.probe.reachable("web-01", "files-02", 445)


async def disabled(site: Site) -> bool:
    return not await site.directory.enabled("j.doe")


async def signed_out(site: Site) -> bool:
    return await site.directory.sessions("j.doe") == 0


async def quarantined(site: Site) -> bool:
    return await site.mail.quarantined("<Invoice.1@example.net>")


async def recorded(site: Site) -> bool:
    return any(record.subject == "INC-318: files-02" for record in site.records.all())


SAMPLES: dict[str, tuple[str, Callable[[Site], Awaitable[bool]]]] = {
    "network.block_ip": ("203.0.113.44", blocked),
    "network.block_segment": ("10.99.0.0/24", segment_cut),
    "host.isolate": ("files-02", isolated),
    "host.contain_ports": ("files-02", ports_closed),
    "identity.disable_account": ("j.doe", disabled),
    "identity.revoke_sessions": ("j.doe", signed_out),
    "mail.quarantine": ("<Invoice.1@example.net>", quarantined),
    "notify": ("INC-318: files-02", recorded),
    "enrich": ("INC-318: files-02", recorded),
    "ticket": ("INC-318: files-02", recorded),
}
SPECS = [kind.spec for kind in ACTIONS]
LASTING = [spec.id for spec in SPECS if spec.lasting]
OVER_AT_ONCE = [spec.id for spec in SPECS if not spec.lasting]


class SimulatedCase:
    """One action on a fresh simulated site."""

    def __init__(self, site: Site, action_id: str) -> None:
        target, self._effective = SAMPLES[action_id]
        self.connector = site
        self.action = bind(site.instance, site.ports)[site.instance, action_id]
        self.params: Params = self.action.spec.params.model_validate({"target": target})

    async def effective(self) -> bool:
        return await self._effective(self.connector)

    async def others_act(self) -> None:
        details = self.params.effect()
        self.connector.others.place(self.action.spec.id, self.params.canonical_target(), "by hand", details)

    def trace(self) -> object:
        return self.connector.history(), self.connector.records.all()

    def switch_on(self, fault: FaultKind, times: int | None = None) -> None:
        self.connector.faults.switch_on(fault, self.action.spec.id, times=times)

    def clear(self) -> None:
        self.connector.faults.clear()


def made(request: pytest.FixtureRequest, site: Site) -> SimulatedCase:
    return SimulatedCase(site, cast(str, request.param))  # what the fixtures below parametrise with


class TestLasting(LastingConformance, LastingFaultConformance):
    @pytest.fixture(params=LASTING)
    def case(self, request: pytest.FixtureRequest, site: Site) -> SimulatedCase:
        return made(request, site)


class TestOverAtOnce(Conformance, FaultConformance):
    @pytest.fixture(params=OVER_AT_ONCE)
    def case(self, request: pytest.FixtureRequest, site: Site) -> SimulatedCase:
        return made(request, site)


def test_every_registered_action_is_tried() -> None:
    assert {spec.id for spec in SPECS} == SAMPLES.keys()
