"""Made-up requests for holding checks to their laws: every kind of action and target, and anything odd about them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from random import Random

from engine.context.file import ContextFile
from engine.context.parts import Job
from engine.context.static import StaticContext
from engine.model.action import ActionSpec, Executor, Impact, Params, Reversal, Spare, TargetKind
from engine.model.budget import BudgetLimits, Usage
from engine.model.context import Asset, Criticality, Flow, Identity
from engine.model.decision import Decision, Effect, Obligations, Tier
from engine.model.request import Request, RequestState
from engine.ports import ConnectorState, Subject

NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
LEASE = timedelta(minutes=30)


class NamedParams(Params):
    """What is done to a host, an account, a message or a subject."""

    target: str
    spare: tuple[Spare, ...] = ()


class AddressParams(Params):
    """What is done to an address."""

    target: IPv4Address | IPv6Address
    spare: tuple[Spare, ...] = ()


TARGETS: dict[TargetKind, tuple[str, ...]] = {
    TargetKind.ADDRESS: ("203.0.113.44", "10.20.4.17", "::1", "2001:db8::7"),
    TargetKind.HOST: ("files-02", "web-01", "gw-01", "nowhere"),
    TargetKind.ACCOUNT: ("j.doe", "adm-01", "nobody"),
    TargetKind.MESSAGE: ("<1@example.net>", "<other@example.net>"),
    TargetKind.DOMAIN: ("evil.example", "corp.example"),
    TargetKind.RECORD: ("anybody",),
}


@cache
def _place() -> StaticContext:
    assets = (
        Asset(name="files-01", addresses=("10.20.4.16",), services=("files",), redundancy_group="files"),
        Asset(name="files-02", addresses=("10.20.4.17",), redundancy_group="files", fingerprint="install-1"),
        Asset(name="web-01", addresses=("10.20.4.20",), depends_on=("files",), criticality=Criticality.CRITICAL),
        Asset(name="gw-01", addresses=("10.20.0.1",), untouchable=True),
    )
    people = (Identity(name="j.doe"), Identity(name="adm-01", administrator=True, criticality=Criticality.PROTECTED))
    backup = Job(name="backup", tag="backup", source="files-01", destination="files-02", port=8400)
    seen = Flow(at=NOW, source="files-01", destination="web-01", port=443)
    return StaticContext(ContextFile(assets=assets, identities=people, jobs=(backup,), flows=(seen,)), {})


def made_up(chance: Random, impact: Impact | None = None) -> Subject:
    """One subject; `chance` decides everything but, if given, its impact."""
    kind = chance.choice([*TARGETS])
    target = chance.choice(TARGETS[kind])
    spec = _spec(chance, kind, impact)
    asked = _request(chance, spec, target)
    place = _place()
    subject = Subject(
        request=asked,
        decision=_decision(chance),
        spec=spec,
        params=spec.params.model_validate({"target": target}),
        asset=place.asset(target) if kind in (TargetKind.HOST, TargetKind.ADDRESS) else None,
        identity=place.identity(target) if kind is TargetKind.ACCOUNT else None,
        finding=None,
        context=place,
        now=NOW,
        look_back=timedelta(days=chance.choice([0, 1, 14, 400])),
        usage=Usage(*(chance.randrange(200) for _ in range(5))),
        limits=_limits(chance),
        freezes=tuple(chance.sample(["global", "action:host.isolate", "target:files-02", "connector:sim"], 1)),
        connector=_connector(chance),
        in_force=tuple(chance.sample([name for names in TARGETS.values() for name in names], 2)),
        approved=chance.random() < 0.5,
    )
    return subject if chance.random() < 0.7 else replace(subject, freezes=(), in_force=())


def _spec(chance: Random, kind: TargetKind, impact: Impact | None) -> ActionSpec:
    return ActionSpec(
        id=f"{kind.value}.act",
        summary="act",
        params=AddressParams if kind is TargetKind.ADDRESS else NamedParams,
        target=kind,
        impact=chance.choice([*Impact]) if impact is None else impact,
        reversal=chance.choice([*Reversal]),
        lasting=chance.random() < 0.5,
    )


def _request(chance: Random, spec: ActionSpec, target: str) -> Request:
    return Request(
        id="AR-0001",
        incident_id="INC-0001",
        state=chance.choice([*RequestState]),
        action=spec.id,
        action_version=spec.version,
        connector="sim",
        target=target,
        params={"target": target},
        requester=chance.choice(["detector:exfiltration.volume@4", "person:j.doe", ""]),
        person=chance.random() < 0.5,
        reason="2.1 GB to 203.0.113.44",
        requested_at=NOW,
        changed_at=NOW,
        fingerprint=chance.choice([None, "", "install-1", "install-2"]),
    )


def _decision(chance: Random) -> Decision:
    tier = chance.choice([*Tier])
    return Decision(
        tier=tier,
        effect=Effect.ASK if tier >= Tier.ASK else Effect.EXECUTE,
        reasons=(),
        rules=(),
        obligations=Obligations(lease=LEASE, ceiling=LEASE),
        policy="made up",
        policy_digest="0" * 64,
        facts={},
    )


def _limits(chance: Random) -> BudgetLimits:
    hour, day, in_force, site = (chance.choice([None, 0, 1, 50]) for _ in range(4))
    return BudgetLimits(hour, day, in_force, chance.randrange(9), site, chance.randrange(9), chance.random())


def _connector(chance: Random) -> ConnectorState | None:
    seen = NOW + timedelta(seconds=chance.choice([-20, -86400, 86400]))
    known = ConnectorState("sim", chance.choice([*Executor]), chance.random() < 0.5, seen)
    return chance.choice([None, known])
