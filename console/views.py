"""What people and programs are shown of the engine's state; pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from engine.approvals import Tally, agreed_length
from engine.control.commit import length
from engine.control.freezing import left
from engine.digest import short
from engine.freezes import wanted_by
from engine.harm import proving
from engine.model.action import Executor
from engine.model.approval import Vote
from engine.model.base import Json
from engine.model.decision import Decision
from engine.model.freeze import Freeze
from engine.model.harm import HarmWatch
from engine.model.incident import Incident
from engine.model.lease import PERMANENT, Holder, Lease
from engine.model.request import Request

"""Shown beside every effect that did not touch the real world."""


def stamp(at: datetime | None) -> str | None:
    """An instant as text."""
    return None if at is None else at.isoformat()


def incident_view(incident: Incident, requests: Sequence[Request] = ()) -> Json:
    """One incident with the actions it asked for."""
    return {
        "id": incident.id,
        "key": incident.key,
        "generation": incident.generation,
        "state": incident.state,
        "title": incident.title,
        "severity": incident.severity,
        "confidence": incident.confidence,
        "first_seen": stamp(incident.first_seen),
        "last_seen": stamp(incident.last_seen),
        "findings": [*incident.finding_ids],
        "verdict": None if incident.verdict is None else incident.verdict.kind,
        "actions": [request.id for request in requests],
    }


def _reasons(decision: Decision) -> list[JsonValue]:
    """Why, in the one shape that reasons have everywhere."""
    return [reason.model_dump(mode="json") for reason in decision.reasons]


def action_view(request: Request, executors: Mapping[str, Executor]) -> Json:
    """One requested action with what was decided about it."""
    decision = request.decision
    return {
        "id": request.id,
        "incident": request.incident_id,
        "action": request.action,
        "target": request.target,
        "params": request.params,
        "state": request.state,
        "tier": None if decision is None else int(decision.tier),
        "effect": None if decision is None else decision.effect,
        "reasons": [] if decision is None else _reasons(decision),
        "outcome": request.outcome,
        "requester": request.requester,
        "reason": request.reason,
        "lease_s": None if decision is None else length(request).total_seconds(),
        "interim_for": request.interim_for,
        "extends": request.extends,
        "supersedes": request.supersedes,
        "lease": request.lease_id,
        "digest": request.digest,
        "executor": executors.get(request.connector),
        "requested_at": stamp(request.requested_at),
        "authorised_at": stamp(request.authorised_at),
        "changed_at": stamp(request.changed_at),
    }


def decision_view(request: Request) -> Json:
    """The justification of one decision, as `policy explain` gives it."""
    decision = request.decision
    assert decision is not None
    return {
        "action_request": request.id,
        "tier": int(decision.tier),
        "effect": decision.effect,
        "reasons": _reasons(decision),
        "rules": [*decision.rules],
        "checks": [check.model_dump(mode="json") for check in request.checks],
        "policy_digest": decision.policy_digest,
    }


def approval_view(request: Request, votes: Sequence[Vote], count: Tally, executors: Mapping[str, Executor]) -> Json:
    """What people are asked, all of it, and how they answered."""
    decision = request.decision
    assert decision is not None
    wanted, agreed = decision.obligations, agreed_length(votes)
    return {
        # What is agreed to is all here, `params` and `lease_s` included: nothing is cut.
        **action_view(request, executors),
        "short_digest": short(request.digest or ""),
        "why_not_automatic": decision.why_asked,
        "quorum": wanted.quorum,
        "groups": [*wanted.groups],
        "missing": count.missing,
        "group_missing": count.group_missing,
        "denied_by": count.denier,
        "agreed_s": None if agreed is None else agreed.total_seconds(),
        "asked_at": stamp(request.asked_at),
        "asked": [*request.asked],
        "deadline": stamp(request.deadline),
        "on_expiry": wanted.on_expiry,
        "difference": [*request.denied, *request.difference],
        "checks": [check.model_dump(mode="json") for check in request.checks],
        "votes": [_vote_view(vote) for vote in votes],
    }


def _vote_view(vote: Vote) -> Json:
    """One answer; `lease_s` is how long a yes lets it last, where that is less than what is asked."""
    said = vote.model_dump(mode="json", exclude={"request_id", "lease"})
    return said | {"lease_s": None if vote.lease is None else vote.lease.total_seconds()}


def freeze_view(frozen: Freeze, now: datetime) -> Json:
    """What is frozen, by whom, why, and how much longer."""
    return {
        "scope": frozen.scope,
        "principal": frozen.principal,
        "by": [*wanted_by(frozen, now)],
        "reason": frozen.reason,
        "since": stamp(frozen.since),
        "until": stamp(frozen.until),
        "left": left(frozen, now),
    }


def _for_good(lease: Lease) -> bool:
    """Whether it lasts until somebody releases it."""
    return lease.expires_at is not None and lease.expires_at - lease.began_at >= PERMANENT


def lease_view(lease: Lease, holders: Sequence[Holder] = ()) -> Json:
    """One effect in force (or over), with who holds it."""
    return {
        "id": lease.id,
        "action": lease.action,
        "target": lease.target,
        "params": lease.params,
        "state": lease.state,
        "generation": lease.generation,
        "connector": lease.connector,
        "executor": lease.executor,
        "owner": lease.owner,
        "active_at": stamp(lease.active_at),
        "expires_at": None if _for_good(lease) else stamp(lease.expires_at),
        "permanent": _for_good(lease),
        "released_at": stamp(lease.released_at),
        "holders": [holder.request_id for holder in holders if holder.left_at is None],
        "note": lease.note,
        "harm": None if lease.harm is None else _looked_after(lease.harm),
    }


def _looked_after(watched: HarmWatch) -> Json:
    """What has to go on working beside an effect: what speaks of it, what failed when last tried, why no longer."""
    latest = watched.rounds[-1] if watched.rounds else ()
    return {
        "probes": [probe.id for probe in proving(watched)],
        "failing": [sample.probe for sample in latest if not sample.passed],
        "over": watched.over,
    }
