"""How facts are gathered: everything known about one request, as plain JSON under the names of `engine.fact_table`.

Every declared fact is always present. What is not known has the value that opens least: unknown criticality is high,
no confidence is 0.0, the age of what does not exist is very old, an unknown count is -1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from engine.authorised import activity_facts
from engine.autonomy import autonomy_facts
from engine.context.roles import parts
from engine.fact_table import FACTS, NOTHING
from engine.intel.origins import FRESH, in_force, independent
from engine.model.action import ActionSpec, Executor, Reversal, TargetKind
from engine.model.base import Json
from engine.model.budget import Usage
from engine.model.context import Asset, Criticality, Identity, Indicator, ListedAs, Zone
from engine.model.feedback import Demoted
from engine.model.finding import Endpoint, Finding, ObservableType
from engine.model.incident import Incident
from engine.model.lease import PERMANENT
from engine.model.request import Request
from engine.model.trust import Grant, VerdictCount
from engine.policy_file import Policy

NEVER_HOURS = 1_000_000.0
"""Age of an indicator that does not exist."""
_ABSENT: Mapping[str, Json] = {
    group: {name: NOTHING[kind] for name, (kind, _) in FACTS.items() if name.startswith(f"{group}.")}
    for group in dict.fromkeys(name.partition(".")[0] for name in FACTS)
}


@dataclass(frozen=True)
class FactInputs:
    """Everything facts are gathered from; `history` and `grants` come on top of those that stand in the policy."""

    request: Request
    spec: ActionSpec
    finding: Finding | None
    incident: Incident
    asset: Asset | None
    identity: Identity | None
    zone: Zone
    segment: str
    indicators: Sequence[Indicator]
    policy: Policy
    now: datetime
    executor: Executor | None = None
    history: Sequence[VerdictCount] = ()
    grants: Sequence[Grant] = ()
    usage: Usage = Usage()
    class_size: int = -1
    segment_size: int = 0
    exceptions_hour: int = -1
    other_administrators: int = -1
    learning: bool = False
    source_quality: str = "unknown"
    listed: Sequence[ListedAs] = ()
    demoted: Demoted | None = None
    names: Sequence[str] = ()
    """Every name by which the target may be meant (`engine.scopes.names_of`)."""
    carries: bool = False
    """Whether others run on the target, or reach everything else through it."""
    shared: bool = False
    stale: bool = False
    unrecorded: bool = False
    presence: Json = field(default_factory=dict)
    """By what the finding's source and what it acted upon are known (`engine.authorised.presence`)."""


def build_facts(inputs: FactInputs) -> Json:
    """Every fact of `FACTS`: a decision records them, and can be made again from them alone."""
    criticality, policy = _criticality(inputs), inputs.policy.document
    history, grants = (*policy.history, *inputs.history), (*policy.grants, *inputs.grants)
    facts: Json = {
        **finding_facts(inputs.finding, inputs.incident),
        **_moment(inputs.incident, inputs.now),
        **_request(inputs.request),
        **_action(inputs),
        **_target(inputs, criticality),
        **_asset(inputs.asset),
        **_identity(inputs.identity, inputs.other_administrators),
        **_intel(inputs.indicators, inputs.listed, inputs.now),
        **autonomy_facts(inputs.finding, inputs.spec.id, criticality, history, grants, inputs.now, inputs.demoted),
        **_budget(inputs),
        **absent("harm"),
        **absent("activity"),
        **inputs.presence,
        "source.learning": inputs.learning,
        "source.quality": inputs.source_quality,
    }
    return {**facts, **activity_facts(policy, facts), **inputs.policy.calendars.facts(facts)}


def finding_facts(finding: Finding | None, incident: Incident) -> Json:
    """The facts of `PLAN_FACTS`: what a playbook binds its steps with."""
    found = absent("finding") if finding is None else {**_finding(finding), **_seen(finding)}
    product = "" if finding is None else finding.origin.product
    return {**found, **_incident(incident), "source.product": product}


def absent(group: str) -> Json:
    """The facts of one group (`asset`) where there is no such thing."""
    return {**_ABSENT[group]}


def _criticality(inputs: FactInputs) -> Criticality:
    """The asset's or the account's; low for what is nobody's of ours (an outside address or domain, a message)."""
    thing = inputs.asset or inputs.identity
    if thing is not None:
        return _counted(thing.criticality)
    foreign = inputs.spec.target in (TargetKind.ADDRESS, TargetKind.DOMAIN) and inputs.zone is Zone.OUTSIDE
    small = inputs.spec.target in (TargetKind.MESSAGE, TargetKind.RECORD)
    return Criticality.LOW if foreign or small else Criticality.HIGH


def _counted(criticality: Criticality) -> Criticality:
    return Criticality.HIGH if criticality is Criticality.UNKNOWN else criticality


def _finding(finding: Finding) -> Json:
    return {
        "finding.present": True,
        "finding.id": finding.id,
        "finding.detector": finding.detector,
        "finding.detector_version": finding.detector_version,
        "finding.severity": finding.severity.value,
        "finding.severity_rank": finding.severity.rank,
        "finding.confidence": finding.confidence or 0.0,
        "finding.has_confidence": finding.confidence is not None,
        "finding.category": finding.category,
        "finding.title": finding.title,
        "finding.tags": [*finding.tags],
        "finding.techniques": [*finding.techniques],
        "finding.hand_fed": finding.submitter is not None,
    }


def _seen(finding: Finding) -> Json:
    source, destination = finding.source or Endpoint(), finding.destination or Endpoint()
    hosts, users = _values(finding, ObservableType.HOST), _values(finding, ObservableType.USER)
    return {
        **_end("finding.source", source),
        **_end("finding.destination", destination),
        "finding.host": source.host or destination.host or next(iter(hosts), ""),
        "finding.user": source.user or destination.user or next(iter(users), ""),
        "finding.ips": [*_values(finding, ObservableType.IP)],
        "finding.hosts": [*hosts],
        "finding.users": [*users],
        "finding.domains": [*_values(finding, ObservableType.DOMAIN)],
        "finding.messages": [*_values(finding, ObservableType.MESSAGE)],
    }


def _end(name: str, end: Endpoint) -> Json:
    return {
        f"{name}.ip": end.ip or "",
        f"{name}.port": end.port or 0,
        f"{name}.host": end.host or "",
        f"{name}.user": end.user or "",
    }


def _values(finding: Finding, kind: ObservableType) -> list[str]:
    return list(dict.fromkeys(seen.value for seen in finding.observables if seen.type is kind))


def _incident(incident: Incident) -> Json:
    return {
        "incident.id": incident.id,
        "incident.key": incident.key,
        "incident.severity": incident.severity.value,
        "incident.severity_rank": incident.severity.rank,
        "incident.confidence": incident.confidence or 0.0,
        "incident.findings": len(incident.finding_ids),
        "incident.hand_fed": bool(incident.submitters),
    }


def _moment(incident: Incident, now: datetime) -> Json:
    utc = now.astimezone(UTC)
    return {
        "incident.age_minutes": (now - incident.opened_at) / timedelta(minutes=1),
        "time.now": utc.isoformat(),
        "time.hour": utc.hour,
        "time.weekday": utc.weekday(),
    }


def _request(request: Request) -> Json:
    return {
        "request.person": request.person,
        "request.requester": request.requester,
        "request.interim": request.interim_for is not None,
        "request.re_asks": request.re_asks,
        "request.extends": request.extends is not None,
        "request.permanent": request.extends is not None and request.lease == PERMANENT,
        "request.wanted_s": 0.0 if request.lease is None else request.lease.total_seconds(),
    }


def _action(inputs: FactInputs) -> Json:
    spec, request = inputs.spec, inputs.request
    return {
        "action.id": spec.id,
        "action.version": spec.version,
        "action.impact": int(spec.impact),
        "action.irreversible": spec.reversal is Reversal.IRREVERSIBLE,
        "action.self_healing": spec.reversal is Reversal.SELF_HEALING,
        "action.lasting": spec.lasting,
        "action.connector": request.connector,
        "action.executor": inputs.executor.value if inputs.executor else "",
        "action.narrowed": None not in (request.params.get("host"), request.params.get("port")),
        "action.params": request.params,
    }


def _target(inputs: FactInputs, criticality: Criticality) -> Json:
    asset, thing = inputs.asset, inputs.asset or inputs.identity
    return {
        "target.value": inputs.request.target,
        "target.names": [*inputs.names],
        "target.kind": inputs.spec.target.value,
        "target.zone": inputs.zone.value,
        "target.segment": inputs.segment,
        "target.criticality": criticality.value,
        "target.protected": criticality is Criticality.PROTECTED,
        "target.untouchable": thing is not None and thing.untouchable,
        "target.known": thing is not None,
        "target.owner": "" if thing is None else thing.owner,
        "target.carries": inputs.carries or (asset is not None and bool(parts(asset))),
        "target.shared": inputs.shared,
        "target.stale": inputs.stale,
        "target.unrecorded": inputs.unrecorded,
        "target.count": max([1, *(len(value) for value in inputs.request.params.values() if isinstance(value, list))]),
    }


def _asset(asset: Asset | None) -> Json:
    if asset is None:
        return {**absent("asset"), "asset.criticality": Criticality.HIGH.value}
    return {
        "asset.known": True,
        "asset.name": asset.name,
        "asset.criticality": _counted(asset.criticality).value,
        "asset.owner": asset.owner,
        "asset.roles": [*asset.roles],
        "asset.services": [*asset.services],
        "asset.segment": asset.segment,
        "asset.redundancy_group": asset.redundancy_group,
    }


def _identity(identity: Identity | None, others: int) -> Json:
    if identity is None:
        return {**absent("identity"), "identity.criticality": Criticality.HIGH.value}
    return {
        "identity.known": True,
        "identity.name": identity.name,
        "identity.criticality": _counted(identity.criticality).value,
        "identity.owner": identity.owner,
        "identity.privileged": identity.privileged,
        "identity.service": identity.in_service,
        "identity.break_glass": identity.break_glass,
        "identity.administrator": identity.administrator,
        "identity.enabled": identity.enabled,
        "identity.other_administrators": others,
    }


def _intel(indicators: Sequence[Indicator], listed: Sequence[ListedAs], now: datetime) -> Json:
    """What counts now (`engine.intel.origins`); a warning stands whoever raised it, and however old it is."""
    counting = in_force(indicators, now)
    ages = [(now - indicator.seen_at) / timedelta(hours=1) for indicator in counting]
    said = {warning for indicator in indicators for warning in indicator.warnings}
    return {
        "intel.known": bool(counting),
        "intel.independent_origins": independent(counting),
        "intel.fresh_origins": independent(one for one in counting if now - one.seen_at < FRESH),
        "intel.youngest_hours": min(ages, default=NEVER_HOURS),
        "intel.confidence": max((indicator.confidence for indicator in counting), default=0.0),
        "intel.warnings": [*sorted(said | {on.kind.value for on in listed})],
    }


def _budget(inputs: FactInputs) -> Json:
    usage = inputs.usage
    return {
        "budget.hour": usage.hour,
        "budget.day": usage.day,
        "budget.in_force": usage.in_force,
        "budget.points_hour": usage.points_hour,
        "budget.exceptions_hour": inputs.exceptions_hour,
        "budget.class_size": inputs.class_size,
        "budget.segment_size": inputs.segment_size,
        "budget.tripped": "",
    }
