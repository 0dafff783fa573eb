"""Every registered action on the simulated site."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from actions import ACTIONS
from actions.conformance import doing, faults, late, restoring
from actions.conformance.case import OURS
from actions.conformance.simulated import SimulatedCase
from actions.conformance.suites import laws_for, untried
from actions.simulators.site import Site
from engine.conformance import Law
from engine.displacing import Displaces


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


async def second_factor(site: Site) -> bool:
    return await site.directory.mfa_required("j.doe")


async def unanswered(site: Site) -> bool:
    return not site.probe.resolves("cdn.evil.example")


async def quarantined(site: Site) -> bool:
    return await site.mail.quarantined("<Invoice.1@example.net>")


async def recorded(site: Site) -> bool:
    return any(record.subject == "INC-318: files-02" for record in site.records.all())


async def taken(site: Site) -> bool:
    return await site.evidence.receipt(OURS) is not None


SAMPLES: dict[str, tuple[str, Callable[[Site], Awaitable[bool]]]] = {
    "network.block_ip": ("203.0.113.44", blocked),
    "network.block_segment": ("10.99.0.0/24", segment_cut),
    "host.isolate": ("files-02", isolated),
    "host.contain_ports": ("files-02", ports_closed),
    "identity.disable_account": ("j.doe", disabled),
    "identity.revoke_sessions": ("j.doe", signed_out),
    "identity.require_mfa": ("j.doe", second_factor),
    "dns.sinkhole": ("evil.example", unanswered),
    "mail.quarantine": ("<Invoice.1@example.net>", quarantined),
    "evidence.capture": ("files-02", taken),
    "notify": ("INC-318: files-02", recorded),
    "enrich": ("INC-318: files-02", recorded),
    "ticket": ("INC-318: files-02", recorded),
}
MORE: dict[str, dict[str, str]] = {"evidence.capture": {"kind": "processes"}}
KINDS = {kind.spec.id: kind for kind in ACTIONS}
EVERY_ACTION = sorted(KINDS)
LASTING_ACTIONS = [name for name in EVERY_ACTION if KINDS[name].spec.lasting]
DISPLACING_ACTIONS = [name for name in EVERY_ACTION if issubclass(KINDS[name], Displaces)]


def called(value: object) -> str:
    return value.name if isinstance(value, Law) else str(value)


def case(folder: Path, action: str) -> SimulatedCase:
    target, effective = SAMPLES[action]
    return SimulatedCase(folder / "site", KINDS[action], effective, target=target, **MORE.get(action, {}))


@pytest.mark.parametrize("action", EVERY_ACTION)
@pytest.mark.parametrize("law", [*doing.EVERY, *faults.FAULTS], ids=called)
async def test_every_action(law: Law[SimulatedCase], action: str, tmp_path: Path) -> None:
    await law.hold(case(tmp_path, action))


@pytest.mark.parametrize("action", LASTING_ACTIONS)
@pytest.mark.parametrize("law", [*doing.LASTING, *faults.LASTING_FAULTS, *late.LATE], ids=called)
async def test_every_lasting_action(law: Law[SimulatedCase], action: str, tmp_path: Path) -> None:
    await law.hold(case(tmp_path, action))


@pytest.mark.parametrize("action", DISPLACING_ACTIONS)
@pytest.mark.parametrize("law", restoring.RESTORING, ids=called)
async def test_every_displacing_action(law: Law[SimulatedCase], action: str, tmp_path: Path) -> None:
    await law.hold(case(tmp_path, action))


def names(*suites: Sequence[Law[Any]]) -> list[str]:
    return [law.name for suite in suites for law in suite]


DONE = names(doing.EVERY, faults.FAULTS)
LASTING = [*DONE, *names(doing.LASTING, faults.LASTING_FAULTS, late.LATE)]
DISPLACING = [*LASTING, *names(restoring.RESTORING)]


@pytest.mark.parametrize(
    ("action", "laws"), [("notify", DONE), ("network.block_ip", LASTING), ("host.isolate", DISPLACING)]
)
def test_a_plug_in_s_is_tried_on_the_same(action: str, laws: list[str], tmp_path: Path) -> None:
    tried = case(tmp_path, action)
    assert sorted(law.name for law in laws_for(tried)) == sorted(laws)
    assert untried(tried) == ("no secret leaves it: its case has no `secrets`",)


def test_every_registered_action_is_tried() -> None:
    assert SAMPLES.keys() == KINDS.keys()
