"""Gathering what metrics are counted from."""

from datetime import datetime

from engine.control.desk import Desk
from engine.demotion import in_force
from engine.metrics import Effect, Judged, Metrics, Response, measure
from engine.model.finding import VerdictKind
from engine.model.request import Request, RequestState
from engine.store.timeline import Moves
from engine.store.tx import Tx


def measure_since(tx: Tx, desk: Desk, since: datetime, now: datetime) -> Metrics:
    """Metrics over everything requested, and every effect begun, since then."""
    moves = tx.timeline.moves(since)
    requests = [request for request in tx.requests.all() if request.requested_at >= since]
    effects = [_effect(lease.id, lease.began_at, moves) for lease in tx.leases.all() if lease.began_at >= since]
    return measure([_response(tx, request, moves) for request in requests], effects, _judged(tx, desk, now), since, now)


def _response(tx: Tx, request: Request, moves: Moves) -> Response:
    steps, holder = moves.get(f"request/{request.id}", {}), tx.holders.get(request.id)
    return Response(
        request=request,
        accepted_at=None if request.finding_id is None else tx.timeline.began(f"finding/{request.finding_id}"),
        decided_at=steps.get(f"-{RequestState.REQUESTED}"),
        held_at=steps.get(RequestState.HELD),
        left_why="" if holder is None else holder.left_why,
        verdicts=tuple(verdict.kind for verdict in tx.action_verdicts.of(request.id)),
        false_positive=_false_positive(tx, request),
        votes=() if request.asked_at is None else tuple(tx.votes.of(request.id)),
    )


def _false_positive(tx: Tx, request: Request) -> bool | None:
    """What people said of its finding, else of its incident; None where nobody did."""
    said = [] if request.finding_id is None else [v.kind for v in tx.verdicts.of(f"finding/{request.finding_id}")]
    kinds = said or [verdict.kind for verdict in tx.verdicts.of(f"incident/{request.incident_id}")]
    return VerdictKind.FALSE_POSITIVE in kinds if kinds else None


def _effect(lease_id: str, began_at: datetime, moves: Moves) -> Effect:
    steps = moves.get(f"lease/{lease_id}", {})
    return Effect(began_at, steps.get("active"), steps.get("releasing"), steps.get("released"))


def _judged(tx: Tx, desk: Desk, now: datetime) -> list[Judged]:
    found = []
    for detector, version in tx.cases.detectors():
        [own] = [count for count in tx.cases.counts(detector, version) if not count.actions]
        demoted = in_force(tx.trusts.get(detector, version), desk.policy.digest, now)
        found.append(Judged(detector, version, own.right, own.verdicts, demoted))
    return found
