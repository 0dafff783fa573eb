"""What is done meanwhile: low-regret actions that their own row allows by itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import JsonValue, ValidationError

from engine.approvals import obligations
from engine.control.denials import is_worn_out
from engine.control.moves import move_request, note
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.decision import Interim, OnExpiry
from engine.model.finding import VerdictKind
from engine.model.incident import Incident
from engine.model.lease import Holder
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

if TYPE_CHECKING:
    from engine.control.request_path import RequestPath

UNANSWERED = (RequestState.EXPIRED, RequestState.SUPERSEDED)
"""Nobody answered in time, or what was asked changed so often that a person was paged instead."""
MARGINS = timedelta(seconds=2), timedelta(minutes=1)
"""An interim is held on a tenth of a step before it would end, but so long at the least and at the most."""


def ask_interims(path: "RequestPath", asked: Request) -> None:
    """Request what the tier names for the time people think; a re-ask finds its interim already there."""
    earlier = [r for r in path.tx.requests.of(asked.incident_id) if r.interim_for is not None]
    standing = {(r.action, r.target) for r in earlier if not is_final(r.state)}
    for interim in obligations(asked).interim:
        request = _bind(path, asked, interim)
        if request is not None and (request.action, request.target) not in standing:
            path.open(request)


def _bind(path: "RequestPath", asked: Request, interim: Interim) -> Request | None:
    """The interim as a request; None (and a note why) where it does not fit what was found."""
    spec = path.desk.specs.get(interim.action)
    if spec is None or not interim.target or interim.action not in path.desk.routes:
        _unbound(path, asked, interim, "its target cannot be told from the facts, or no connector can do it")
        return None
    try:
        canonical = spec.params.model_validate({**interim.params, "target": interim.target})
    except ValidationError as error:
        _unbound(path, asked, interim, str(error.errors(include_url=False)[0]["msg"]))
        return None
    return Request(
        id=path.tx.counters.next("AR"),
        incident_id=asked.incident_id,
        state=RequestState.REQUESTED,
        action=spec.id,
        action_version=spec.version,
        connector=path.desk.connector(spec.id),
        target=canonical.canonical_target(),
        params=canonical.model_dump(mode="json"),
        lease=obligations(asked).interim_lease,
        requester=asked.requester,
        person=asked.person,
        reason=f"meanwhile, for {asked.id}",
        finding_id=asked.finding_id,
        interim_for=asked.id,
        requested_at=path.now,
        changed_at=path.now,
    )


def _unbound(path: "RequestPath", asked: Request, interim: Interim, why: str) -> None:
    body: Json = {"action": interim.action, "target": interim.target, "because": why}
    note(path.tx, f"request/{asked.id}", "interim.unbound", path.now, body)


@dataclass(frozen=True)
class HoldStep:
    """One more step of a share that bridges a request which nobody answered, and until when."""

    share: Holder
    unanswered: Request
    until: datetime

    @property
    def margin(self) -> timedelta:
        """How long before the share would end it is taken."""
        return sorted((obligations(self.unanswered).hold_step / 10, *MARGINS))[1]


def hold_interims(tx: Tx, incident: Incident, requests: list[Request], now: datetime) -> datetime | None:
    """Keep the interims of unanswered requests in force, step by step up to the ceiling; return when to look again."""
    held = [r for r in requests if r.interim_for is not None and r.state is RequestState.HELD]
    steps = [_step(incident, requests, interim, tx.holders.get(interim.id), now) for interim in held]
    return min((_look(tx, step, now) for step in steps if step is not None), default=None)


def _look(tx: Tx, step: HoldStep, now: datetime) -> datetime:
    """Take the step, if it is time to; when to look again."""
    if now < step.share.expires_at - step.margin:
        return step.share.expires_at - step.margin
    hold_on(tx, step, now)
    return step.until - step.margin


def next_step(tx: Tx, share: Holder, now: datetime) -> HoldStep | None:
    """The step by which a share that still stands is to be held on; None where it ends at its time."""
    interim, incident = tx.requests.get(share.request_id), tx.incidents.get(share.incident_id)
    if interim is None or interim.interim_for is None or incident is None:
        return None
    return _step(incident, tx.requests.of(incident.id), interim, share, now)


def _step(
    incident: Incident, requests: Sequence[Request], interim: Request, share: Holder | None, now: datetime
) -> HoldStep | None:
    asked = meant(requests, interim)
    if asked is None or not _is_unanswered(asked) or _is_false(incident) or share is None or share.left_at is not None:
        return None
    wanted = obligations(asked)
    until = min(share.expires_at + wanted.hold_step, asked.changed_at + wanted.hold_ceiling)
    held_on = wanted.on_expiry is OnExpiry.HOLD and until > max(share.expires_at, now)
    return HoldStep(share, asked, until) if held_on else None


def hold_on(tx: Tx, step: HoldStep, now: datetime) -> None:
    """Have the share end a step later, which its lease's workflow hears of."""
    share, asked = step.share, step.unanswered
    ends = {"expires_at": step.until, "ceiling_at": max(step.until, share.ceiling_at)}
    tx.holders.save(share.model_copy(update=ends))
    because = f"{asked.id} {'was ' + asked.outcome if is_worn_out(asked) else 'expired unanswered'}"
    body: Json = {"until": step.until.isoformat(), "because": because}
    note(tx, f"lease/{share.lease_id}", "lease.held_on", now, body)
    lease = tx.leases.get(share.lease_id)
    if lease is not None:
        tx.outbox.nudge("Lease", lease.key, lease.key)


def _is_false(incident: Incident) -> bool:
    return incident.verdict is not None and incident.verdict.kind is VerdictKind.FALSE_POSITIVE


def holding(tx: Tx, asked: Request, now: datetime, expires: bool = False) -> Json:
    """What its incident has in force besides, and until when, for the entry that ends a question without a yes."""
    wanted, found = obligations(asked), list[JsonValue]()
    longest = now + wanted.hold_ceiling if expires and wanted.on_expiry is OnExpiry.HOLD else now
    requests = tx.requests.of(asked.incident_id)
    for one in requests:
        share = tx.holders.get(one.id) if one.state is RequestState.HELD else None
        if share is not None and one.id != asked.id:
            until = max(share.expires_at, longest) if meant(requests, one) == asked else share.expires_at
            found.append({"action": one.action, "target": one.target, "until": until.isoformat()})
    return {"holding": found} if found else {}


def latest_of(requests: Sequence[Request], request_id: str | None) -> Request | None:
    """What a request was last asked as: itself, or what superseded it in the end."""
    after = {r.supersedes: r for r in requests if r.supersedes is not None}
    found = next((r for r in requests if r.id == request_id), None)
    while found is not None and found.id in after:
        found = after[found.id]
    return found


def meant(requests: Sequence[Request], interim: Request) -> Request | None:
    """What an interim bridges now: what people were asked then, or asked anew after they denied it; None for others."""
    asked = latest_of(requests, interim.interim_for)
    if asked is None or asked.state is not RequestState.REJECTED:
        return asked
    [*anew] = (r for r in requests if r.denied and (r.action, r.target) == (asked.action, asked.target))
    return anew[-1] if anew else asked


def _is_unanswered(asked: Request) -> bool:
    return asked.state in UNANSWERED or (asked.state is RequestState.QUEUED and is_worn_out(asked))


def withdraw_awaiting(tx: Tx, requests: list[Request], why: str, now: datetime) -> None:
    """Take back what people are still asked about."""
    for request in requests:
        if request.state is RequestState.AWAITING_APPROVAL:
            move_request(tx, request, RequestState.WITHDRAWN, now, {"because": why}, outcome=why)
