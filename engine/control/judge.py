"""One look at one request: its facts, the policy's decision and every check, as of now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.authorised import presence
from engine.break_glass import obstacles
from engine.calendars.compiled import open_windows
from engine.context.reach import zone_of
from engine.control.desk import Desk
from engine.control.elsewhere import cut_off, same_action
from engine.control.evidence import receipts_for
from engine.control.harm_facts import harm_facts
from engine.control.learning import standing_of
from engine.control.observed import observables_of
from engine.control.shares import shares_one
from engine.decide import BudgetRow, budget_for, decide
from engine.digest import approval_digest, work_digest
from engine.errors import EngineBug
from engine.exclusions import restrictions
from engine.facts import FactInputs, build_facts
from engine.intel.origins import in_force
from engine.model.action import ActionSpec, TargetKind
from engine.model.base import Json
from engine.model.check import CheckResult
from engine.model.context import Asset, Identity, Indicator, ListedAs
from engine.model.decision import Decision
from engine.model.finding import Finding
from engine.model.incident import Incident
from engine.model.provenance import all_stale
from engine.model.request import Request
from engine.ports import ConnectorState, Context, Subject
from engine.scopes import names_of
from engine.store.tx import Tx
from engine.validate import blast, run_checks

PLACED = frozenset({TargetKind.HOST, TargetKind.ADDRESS})
"""What a target is that stands somewhere."""
EXCEPTIONS = "exceptions"
"""The budget scope under which exceptions that were granted are counted."""
BUDGET = "budget"
"""The check that holds a request against its budgets; its details name those `over`, by the field of `BudgetRow`."""


@dataclass(frozen=True)
class Judgement:
    """What policy and checks say about a request right now."""

    decision: Decision
    checks: tuple[CheckResult, ...]
    fingerprint: str | None
    budget: BudgetRow

    @property
    def stopped_by(self) -> tuple[CheckResult, ...]:
        """The checks on whose answer nothing may execute."""
        return tuple(result for result in self.checks if result.outcome.stops)

    @property
    def overdrawn(self) -> tuple[str, ...]:
        """The budgets that it does not fit in, where nothing else stops it."""
        results = self.stopped_by
        return self.budget.named(results[0].details.get("over")) if [r.check for r in results] == [BUDGET] else ()


def judge(
    tx: Tx,
    desk: Desk,
    request: Request,
    incident: Incident,
    now: datetime,
    approved: bool = False,
    supposed: Finding | None = None,
) -> Judgement:
    """Decide and check afresh; nothing is changed. `supposed` is a finding that was never accepted."""
    known = _gather(tx, desk, request, supposed)
    look = _Look(tx, desk, request, incident, now, approved, known)
    facts = build_facts(look.inputs())
    budget = budget_for(desk.policy, facts)
    standing = tx.trips.standing()
    facts |= harm_facts(tx, desk.policy, request.action, now)
    facts["budget.tripped"] = ", ".join(scope for scope in budget.scopes if scope in standing)
    decision = decide(desk.policy, facts, known.spec)
    checks = run_checks(desk.checks, look.subject(decision, budget))
    return Judgement(decision, checks, known.fingerprint, budget)


@dataclass(frozen=True)
class _Known:
    """What is known of a request's target and evidence."""

    spec: ActionSpec
    asset: Asset | None
    identity: Identity | None
    finding: Finding | None
    indicators: Sequence[Indicator]
    listed: Sequence[ListedAs]

    @property
    def fingerprint(self) -> str | None:
        thing = self.asset or self.identity
        return None if thing is None else thing.fingerprint


def _gather(tx: Tx, desk: Desk, request: Request, supposed: Finding | None) -> _Known:
    spec = _spec(desk, request)
    asset, identity = _thing(desk, spec, request)
    finding = supposed or (None if request.finding_id is None else tx.findings.get(request.finding_id))
    seen = observables_of(spec, request, finding)
    return _Known(
        spec=spec,
        asset=asset,
        identity=identity,
        finding=finding,
        indicators=[indicator for one in seen for indicator in desk.context.indicators(one)],
        listed=[listed for one in seen for listed in desk.context.listed(one)],
    )


@dataclass(frozen=True)
class _Look:
    """Everything one look goes by."""

    tx: Tx
    desk: Desk
    request: Request
    incident: Incident
    now: datetime
    approved: bool
    known: _Known

    def inputs(self) -> FactInputs:
        """What policy may ask about."""
        context, known, target = self.desk.context, self.known, self.request.target
        standing = standing_of(self.tx, self.desk, known.finding, self.now)
        return FactInputs(
            request=self.request,
            spec=known.spec,
            finding=known.finding,
            incident=self.incident,
            asset=known.asset,
            identity=known.identity,
            zone=zone_of(context, known.spec, self.request.target),
            segment=context.segment(target),
            indicators=known.indicators,
            listed=known.listed,
            policy=self.desk.policy,
            executor=self.desk.executors[self.request.connector],
            segment_size=context.segment_size(context.segment(target)),
            class_size=_class_size(self.desk, known.asset or known.identity),
            exceptions_hour=self.tx.budgets.in_hour(EXCEPTIONS, self.now),
            other_administrators=_other_administrators(self.desk, known.identity),
            now=self.now,
            history=standing.history,
            demoted=standing.demoted,
            source_quality=standing.quality.value,
            learning=standing.learning,
            names=names_of(context, self.request.target),
            carries=known.spec.target in PLACED and bool(context.guests(target) or context.gateway_of(target)),
            shared=known.spec.target is TargetKind.ADDRESS and len(context.sharing(target)) > 1,
            stale=_is_stale(context, known.asset or known.identity, self.now),
            unrecorded=known.spec.cuts_traffic and _is_unrecorded(self.desk, self.now),
            presence=presence(context, known.finding),
        )

    def subject(self, decision: Decision, budget: BudgetRow) -> Subject:
        """What the checks look at."""
        tx, known = self.tx, self.known
        restricting = restrictions(self.desk.policy, decision.facts, known.spec)
        return Subject(
            request=self.request,
            decision=decision,
            spec=known.spec,
            params=known.spec.params.model_validate(self.request.params),
            asset=known.asset,
            identity=known.identity,
            finding=known.finding,
            context=self.desk.context,
            now=self.now,
            look_back=self.desk.look_back,
            look_back_terms=self.desk.policy.document.look_back,
            usage=tx.budgets.usage(budget.charged, self.now),
            limits=budget.limits,
            freezes=tuple(freeze.scope for freeze in tx.freezes.active(self.now)),
            connector=_connector(tx, self.request),
            in_force=same_action(tx, self.request),
            cut_off=cut_off(tx, self.desk, self.request),
            approved=self.approved,
            shares=shares_one(tx, self.request),
            indicators=in_force(known.indicators, self.now),
            windows=open_windows(self.desk.policy.calendars, decision.facts),
            excluded=restricting.excluded,
            protected=restricting.protected,
            signed_in=tuple(tx.signed_in.lately(self.now)),
            evidence=receipts_for(tx, self.desk, self.request, known.spec),
        )


def _is_stale(context: Context, thing: Asset | Identity | None, now: datetime) -> bool:
    return thing is not None and all_stale(tuple(context.sources(thing)), now)


def _is_unrecorded(desk: Desk, now: datetime) -> bool:
    """Whether nobody knows what an effect would cut: the records of traffic ended too long ago, or there are none."""
    newest = desk.context.flow_coverage(now - desk.look_back, now).newest
    return desk.policy.document.look_back.is_gap(newest, now)


def _class_size(desk: Desk, thing: Asset | Identity | None) -> int:
    """How many things like the target there are; -1 where the target is none of ours."""
    return -1 if thing is None else desk.context.alike(thing)


def _other_administrators(desk: Desk, identity: Identity | None) -> int:
    """Enabled administrators besides the account; -1 where it is none."""
    if identity is None:
        return -1
    return sum(one.name != identity.name for one in desk.context.administrators())


def standing_against(desk: Desk, request: Request, judgement: Judgement) -> tuple[str, ...]:
    """Whatever break-glass does not override."""
    return obstacles(desk.policy.document, judgement.decision, judgement.checks, _spec(desk, request))


def digest_of(request: Request, decision: Decision, checks: tuple[CheckResult, ...]) -> str:
    """What people approve: the work, for how long, under which policy, breaking at most what the checks found."""
    wanted = decision.obligations
    lease = wanted.lease if request.lease is None else min(request.lease, wanted.ceiling)
    return approval_digest(request.id, work_of(request), lease, decision.policy_digest, blast(checks))


def work_of(request: Request) -> str:
    """The digest of the exact work, which the commit token binds."""
    return work_digest(request.action, request.action_version, request.connector, request.target, request.params)


def justification(judgement: Judgement) -> Json:
    """A decision as the ledger keeps it."""
    decision = judgement.decision
    stopped = [f"{result.check}: {result.summary}" for result in judgement.stopped_by]
    return {
        "tier": int(decision.tier),
        "effect": decision.effect,
        "reasons": [f"{reason.rule}: {reason.text}" for reason in decision.reasons],
        "rules": list(decision.rules),
        "policy": decision.policy,
        "policy_digest": decision.policy_digest,
        "facts": decision.facts,
        "checks": {result.check: result.outcome for result in judgement.checks},
        "stopped_by": [*stopped],
    }


def _spec(desk: Desk, request: Request) -> ActionSpec:
    spec = desk.specs.get(request.action)
    if spec is None:
        raise EngineBug(f"request {request.id} names the unknown action `{request.action}`")
    return spec


def _thing(desk: Desk, spec: ActionSpec, request: Request) -> tuple[Asset | None, Identity | None]:
    match spec.target:
        case TargetKind.ACCOUNT:
            return None, desk.context.identity(request.target)
        case TargetKind.HOST | TargetKind.ADDRESS | TargetKind.DOMAIN:
            return desk.context.asset(request.target), None
        case _:
            return None, None


def _connector(tx: Tx, request: Request) -> ConnectorState | None:
    health = tx.connectors.get(request.connector)
    if health is None:
        return None
    return ConnectorState(health.instance, health.executor, health.healthy, health.seen_at, health.error)
