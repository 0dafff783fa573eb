"""Subjects for the checks: a request on the demo's company, with anything about it changed at will."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from pathlib import Path

import pytest

from engine.context.file import ContextFile, load
from engine.context.static import StaticContext
from engine.model.action import ActionSpec, Executor, Impact, Params, Reversal, Spare, TargetKind
from engine.model.budget import BudgetLimits, Usage
from engine.model.context import Flow
from engine.model.decision import Decision, Effect, Obligations, Tier
from engine.model.request import Request, RequestState
from engine.ports import ConnectorState, Context, Subject

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
LEASE = timedelta(minutes=30)

Make = Callable[..., Subject]


class HostParams(Params):
    target: str
    spare: tuple[Spare, ...] = ()


class PortParams(Params):
    target: str
    ports: tuple[int, ...] = (445, 3389, 5985)


class AddressParams(Params):
    target: IPv4Address | IPv6Address
    host: str | None = None
    port: int | None = None
    spare: tuple[Spare, ...] = ()


class SegmentParams(Params):
    target: IPv4Network | IPv6Network
    spare: tuple[Spare, ...] = ()


class NamedParams(Params):
    target: str


def spec(action: str, kind: TargetKind, params: type[Params], impact: Impact = Impact.MEDIUM) -> ActionSpec:
    return ActionSpec(id=action, summary=action, params=params, target=kind, impact=impact)


SPECS: Mapping[str, ActionSpec] = {
    found.id: found
    for found in (
        spec("host.isolate", TargetKind.HOST, HostParams),
        spec("host.contain_ports", TargetKind.HOST, PortParams),
        spec("network.block_ip", TargetKind.ADDRESS, AddressParams),
        spec("network.block_segment", TargetKind.SEGMENT, SegmentParams, Impact.HIGH),
        spec("identity.disable_account", TargetKind.ACCOUNT, NamedParams),
        spec("mail.quarantine", TargetKind.MESSAGE, NamedParams),
        spec("notify", TargetKind.RECORD, NamedParams, Impact.NONE).model_copy(
            update={"lasting": False, "reversal": Reversal.IRREVERSIBLE}
        ),
        spec("identity.revoke_sessions", TargetKind.ACCOUNT, NamedParams).model_copy(
            update={"lasting": False, "reversal": Reversal.SELF_HEALING}
        ),
        spec("host.reimage", TargetKind.HOST, NamedParams, Impact.IRREVERSIBLE).model_copy(
            update={"lasting": False, "reversal": Reversal.IRREVERSIBLE}
        ),
    )
}


def decision(tier: Tier) -> Decision:
    return Decision(
        tier=tier,
        effect=Effect.ASK if tier >= Tier.ASK else Effect.EXECUTE,
        reasons=(),
        rules=(),
        obligations=Obligations(lease=LEASE, ceiling=LEASE),
        policy="test",
        policy_digest="0" * 64,
        facts={},
    )


def request_for(action: str, target: str, params: Mapping[str, object], state: RequestState) -> Request:
    return Request.model_validate(
        {
            "id": "AR-0001",
            "incident_id": "INC-0001",
            "state": state,
            "action": action,
            "action_version": "1",
            "connector": "sim",
            "target": target,
            "params": {"target": target, **params},
            "requester": "detector:exfiltration.volume@4",
            "person": False,
            "reason": "2.1 GB to 203.0.113.44",
            "requested_at": NOW,
            "changed_at": NOW,
        }
    )


@pytest.fixture(scope="session")
def site() -> ContextFile:
    """The demo's company, whose traffic is recorded: the last flow is one that nobody declared."""
    seen = Flow(at=NOW, source="ws-203", destination="192.0.2.80", port=443)
    return load(ROOT / "actions" / "simulators" / "sites" / "demo.yaml").model_copy(update={"flows": (seen,)})


@pytest.fixture(scope="session")
def place(site: ContextFile) -> Context:
    return StaticContext(site, {"10.20.1.30": "the secret store"})


@pytest.fixture(scope="session")
def hazardous() -> Context:
    """A site on which nearly everything carries something else."""
    return StaticContext(load(Path(__file__).parent / "hazardous.yaml"), {"vault-01": "the secret store"})


@pytest.fixture(scope="session")
def make(place: Context) -> Make:
    """`make(action, target, tier=…, state=…, params={…}, request={…}, …)`; the rest are fields of the subject."""

    def made(
        action: str = "host.isolate",
        target: str = "files-02",
        *,
        tier: int = 2,
        state: str = "requested",
        params: Mapping[str, object] = {},  # noqa: B006
        request: Mapping[str, object] = {},  # noqa: B006
        spec: Mapping[str, object] = {},  # noqa: B006
        context: Context = place,
        **changes: object,
    ) -> Subject:
        known = SPECS[action].model_copy(update=dict(spec))
        asked = request_for(action, target, params, RequestState(state))
        account = known.target is TargetKind.ACCOUNT
        thing = known.target in (TargetKind.HOST, TargetKind.ADDRESS)
        subject = Subject(
            request=asked.model_copy(update=dict(request)),
            decision=decision(Tier(tier)),
            spec=known,
            params=known.params.model_validate({"target": target, **params}),
            asset=context.asset(target) if thing else None,
            identity=context.identity(target) if account else None,
            finding=None,
            context=context,
            now=NOW,
            look_back=timedelta(days=14),
            usage=Usage(),
            limits=BudgetLimits(),
            freezes=(),
            connector=ConnectorState("sim", Executor.SIMULATED, True, NOW - timedelta(seconds=20)),
            in_force=(),
            approved=False,
        )
        return replace(subject, **changes)  # type: ignore[arg-type]

    return made
