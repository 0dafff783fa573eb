"""Looking after what has to go on working, and stepping down where an effect does harm (`engine.harm` judges).

Rules: 1. The baseline is taken before leave is given, under the lease's own workflow. 2. Each look is an entry. 3. Once
an incident: an effect that did harm leaves by the ordinary path of a release, the low-regret effect that policy names
stands in for it, its action takes a higher tier for a while, and its detector is judged by it. What does harm in that
incident after this stays, and people are paged: else failing probes would lift whatever is done. 4. Shares of other
incidents are their own (I8). 5. Whatever is declared, an effect ends on time: looks end with it, and none begins
just before. A release by hand waits for the look that is under way.
"""

from datetime import datetime, timedelta

from engine.control.desk import Desk
from engine.control.holders import let_go, nudge_incident, standing
from engine.control.interim import ask_interims
from engine.control.judge import judge
from engine.control.learning import teach_harm
from engine.control.moves import ENGINE, note
from engine.control.paging import page_about_lease
from engine.control.request_path import RequestPath
from engine.harm import begun, due_at, harmed, needs_baseline, proving, seen, watch
from engine.model.base import Json
from engine.model.decision import Effect
from engine.model.execution import Outcome, Probe, Result, Work
from engine.model.harm import LONGEST_ANSWER, HarmWatch, Round, Sample, StepDown
from engine.model.incident import Incident, IncidentState
from engine.model.lease import Lease, LeaseState
from engine.model.page import PageKind
from engine.model.request import Request
from engine.store.tx import Tx

DID_HARM = "it did harm"
QUIET = LONGEST_ANSWER + timedelta(seconds=1)
"""So long before an effect ends nobody looks at it any more."""


def watched(tx: Tx, desk: Desk, lease: Lease, request: Request) -> Lease:
    """The lease with whatever policy declares for its effect, by the facts that the request was decided on."""
    spec, decision = desk.specs.get(lease.action), request.decision
    if spec is None or decision is None or not spec.lasting:
        return lease
    declared = watch(desk.policy.document.harm, desk.policy.probes(lease.action, decision.facts))
    return lease if declared is None else _keep(tx, lease, declared)


def before_effect(lease: Lease, work: Work) -> Probe | None:
    """The look that has to come before leave is given; none once it came, or leave was given already."""
    if lease.harm is None or lease.committed_at is not None or not needs_baseline(lease.harm):
        return None
    return Probe(work=work, probes=lease.harm.probes)


def next_look(lease: Lease, now: datetime) -> datetime | None:
    """When an effect in force is to be looked at next, now where that is past; None where not before its end."""
    due = due_at(lease.harm, lease.active_at)
    if due is None or (lease.expires_at is not None and max(due, now) + QUIET >= lease.expires_at):
        return None
    return max(due, now)


def while_active(lease: Lease, work: Work, now: datetime) -> Probe | None:
    """The look that is due at an effect in force."""
    due = next_look(lease, now)
    if lease.harm is None or due is None or now < due:
        return None
    return Probe(work=work, probes=proving(lease.harm))


def take_look(tx: Tx, desk: Desk, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """The lease after a look; one that came too late to say anything of its effect changes nothing."""
    if lease.harm is None or lease.harm.over:
        return lease
    samples = outcome.samples if outcome.result is Result.PROBED else None
    if needs_baseline(lease.harm):
        return _begin(tx, lease, lease.harm, samples, outcome.message, now)
    if lease.state is not LeaseState.ACTIVE or lease.active_at is None or lease.drift:
        return lease
    after = _keep(tx, lease, seen(lease.harm, samples, lease.active_at, now))
    _record(tx, after, "lease.probed", samples, outcome.message, now)
    told = harmed(after.harm)
    return _step_down(tx, desk, after, told, now) if told else after


def _begin(tx: Tx, lease: Lease, harm: HarmWatch, samples: Round | None, message: str, now: datetime) -> Lease:
    after = begun(harm, samples)
    if samples is not None or after.over:
        _record(tx, lease, "lease.baseline", samples, after.over or message, now)
    return _keep(tx, lease, after)


def _record(tx: Tx, lease: Lease, kind: str, samples: Round | None, because: str, now: datetime) -> None:
    passed: list[str] = [sample.probe for sample in samples or () if sample.passed]
    failed: Json = {sample.probe: sample.said for sample in samples or () if sample.tried and not sample.passed}
    untried: Json = {sample.probe: sample.said for sample in samples or () if not sample.tried}
    body: Json = {"passed": [*passed], "failed": failed}
    body |= {"not_tried": untried} if untried else {}
    body |= {"because": because} if because else {}
    body |= {"looked": False} if samples is None else {}
    note(tx, f"lease/{lease.id}", kind, now, body)


def _step_down(tx: Tx, desk: Desk, lease: Lease, told: Round, now: datetime) -> Lease:
    """Take back the shares of incidents that have not stepped down yet; people hear of it whatever came of it."""
    because = _said(lease, told)
    shares = standing(tx, lease)
    leaving = [holder for holder in shares if not tx.step_downs.of(holder.incident_id)]
    body: Json = {"because": because, "step_down": [holder.request_id for holder in leaving]}
    body |= {"stay": [holder.request_id for holder in shares if holder not in leaving]}
    note(tx, f"lease/{lease.id}", "lease.harm", now, body)
    if lease.harm is not None:
        _keep(tx, lease, lease.harm.model_copy(update={"over": DID_HARM}))
    requests = [request for holder in leaving if (request := tx.requests.get(holder.request_id)) is not None]
    for request in requests:
        _leave(tx, desk, lease, request, because, now)
    left = len(leaving) == len(shares)
    text = f"{because}; {'it is taken back' if left else 'it stays, for its incident stepped down once already'}"
    page_about_lease(tx, lease, PageKind.HARM, text, now)
    return tx.leases.get(lease.id) or lease


def _said(lease: Lease, told: Round) -> str:
    return f"{lease.action} on {lease.target} does harm: {'; '.join(map(_line, told))}"


def _line(sample: Sample) -> str:
    return f"`{sample.probe}` worked before and fails now: {sample.said}"


def _leave(tx: Tx, desk: Desk, lease: Lease, request: Request, because: str, now: datetime) -> None:
    """Rule 3, of one share."""
    terms = desk.policy.document.harm
    step = StepDown(
        id=tx.counters.next("SD"), incident_id=request.incident_id, request_id=request.id, lease_id=lease.id,
        action=lease.action, because=because, to=terms.raise_to, at=now, until=now + terms.raised_for,
    )  # fmt: skip
    tx.step_downs.insert(step)
    body: Json = {"step_down": step.id, "action": step.action, "to": int(step.to), "until": step.until.isoformat()}
    note(tx, f"request/{request.id}", "request.stepped_down", now, body | {"because": because})
    let_go(tx, request, "ended", because, ENGINE, now)
    teach_harm(tx, desk, request, now)
    incident = tx.incidents.get(request.incident_id)
    if incident is not None and incident.state is IncidentState.OPEN:
        _stand_in(tx, desk, request, incident, now)


def _stand_in(tx: Tx, desk: Desk, request: Request, incident: Incident, now: datetime) -> None:
    """Request what policy would have done meanwhile, were people asked for it, as they would be now."""
    asked = judge(tx, desk, request, incident, now).decision
    if asked.effect is Effect.ASK and request.interim_for is None:
        ask_interims(RequestPath(tx, desk, incident, now), request.model_copy(update={"decision": asked}))
    nudge_incident(tx, incident.id)


def _keep(tx: Tx, lease: Lease, harm: HarmWatch) -> Lease:
    after = lease.model_copy(update={"harm": harm})
    tx.leases.save(after, before=lease.state)
    return after
