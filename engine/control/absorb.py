"""What the world said, taken into the lease's state: a table of result by state."""

from datetime import datetime, timedelta

from engine.control.commit import TOKEN_LIFE, give_back
from engine.control.desk import Desk
from engine.control.harm import take_look
from engine.control.holders import call_next, end_left, hold, nudge_incident, standing
from engine.control.moves import move_lease, move_request
from engine.control.paging import page_about_lease
from engine.control.watch import watch_closely
from engine.errors import EngineBug
from engine.model.action import Snapshot
from engine.model.base import Json
from engine.model.execution import Outcome, Result
from engine.model.lease import Lease, LeaseState
from engine.model.page import PageKind
from engine.model.request import RequestState
from engine.store.tx import Tx
from engine.target_ports import DONE

PAGE_AFTER = 5
"""Tries to begin, or to take back what hardly began, after which a person is told; they go on."""
LONGEST_PAUSE = timedelta(minutes=1)
BEGINNING = (LeaseState.APPLYING, LeaseState.UNKNOWN)
ENDING = (LeaseState.RELEASING, LeaseState.STUCK)
RELEASED_UNHEARD = "released by us before it was heard that somebody holds it on"
"""What `Lease.drift` says where a write that somebody joined by came after the release that its slowness set off."""
UNRENEWED = frozenset(
    {Result.REFUSED, Result.UNKNOWN, Result.LOST, Result.UNVERIFIED, Result.STALE, Result.NOT_BEGUN, Result.ABSENT}
)


def absorb(tx: Tx, desk: Desk, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """The lease after `outcome`; an outcome that its state has no use for changes nothing."""
    if lease.state is LeaseState.ACTIVE and outcome.result in UNRENEWED:
        return _unrenewed(tx, lease, outcome, now)
    match outcome.result:
        case Result.VERIFIED:
            return _verified(tx, desk, lease, outcome, now)
        case Result.REFUSED:
            return _failed(tx, lease, outcome, now)
        case Result.UNKNOWN | Result.LOST | Result.UNVERIFIED:
            return _unknown(tx, lease, outcome, now)
        case Result.RELEASED | Result.RELEASE_FAILED:
            taken = _released if outcome.result is Result.RELEASED else _release_failed
            return taken(tx, lease, outcome, now)
        case Result.STALE | Result.NOT_BEGUN | Result.ABSENT:
            return _not_there(tx, lease, outcome, now)
        case Result.PROBED | Result.UNPROBED:
            return take_look(tx, desk, lease, outcome, now)


def pause(attempts: int) -> timedelta:
    """How long to wait after so many tries: 0, 1, 2, 4 … seconds, at most a minute."""
    return min(timedelta(seconds=2 ** min(max(0, attempts - 2), 6)), LONGEST_PAUSE) if attempts > 1 else timedelta(0)


def _unrenewed(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """It stands, only its later end was not told: again after a pause, well within the target's grace."""
    if outcome.result is Result.ABSENT:
        return _save(tx, lease, drift=lease.drift or outcome.message or "our element is not there any more")
    return _save(tx, lease, told_until=None, note=outcome.message, **_again(lease, now))


def _verified(tx: Tx, desk: Desk, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    if lease.state is LeaseState.DRIFTED:
        again: dict[str, object] = {"drift": "", "undo": outcome.undo, "next_try_at": None, "attempts": 0}
        again["snapshot"] = _snapshot(lease, outcome)
        again["reapplied"] = lease.reapplied + (0 if outcome.found else 1)
        return move_lease(tx, lease, LeaseState.ACTIVE, now, {"re_applied": True}, **again)
    if lease.state is LeaseState.ACTIVE:
        return _save(tx, lease, next_try_at=None, attempts=0)
    if lease.state not in BEGINNING:
        return lease
    request = tx.requests.get(lease.committed)
    if request is None:
        raise EngineBug(f"lease {lease.id} took effect for nobody")
    since = _since(lease, outcome, now)
    spec = desk.specs.get(lease.action)
    body: Json = {"executor": lease.executor, "effect_at": outcome.at.isoformat(), "attempts": lease.attempts}
    if outcome.undo is not None and outcome.undo.details:
        body["receipt"] = {**outcome.undo.details}
    active = move_lease(
        tx, lease, LeaseState.ACTIVE, now, body,
        active_at=since, snapshot=_snapshot(lease, outcome), undo=outcome.undo,
        next_try_at=None, attempts=0,
    )  # fmt: skip
    if undone := _undone(outcome):
        said = f"{lease.action} on {lease.target} was done in part: {undone}"
        page_about_lease(tx, active, PageKind.PARTIAL, said, now)
    # It may have been blocked since leave was given; then nobody holds what stands, and the next step releases it.
    if request.state is RequestState.AUTHORISED:
        active = hold(tx, desk, active, request, since, now)
        watch_closely(tx, desk, active)
    return active if spec is None or spec.lasting else _over_by_itself(tx, active, outcome, now)


def _snapshot(lease: Lease, outcome: Outcome) -> Snapshot | None:
    """What stood before; of what it inherited, a work handed out earlier knew nothing."""
    return lease.snapshot if lease.inherits else outcome.snapshot or lease.snapshot


def _undone(outcome: Outcome) -> str:
    """Of several targets the one that was not reached, and how many more; empty where all were."""
    parts = outcome.undo.details.get("parts") if outcome.undo is not None else None
    failed = [f"`{name}`: {why}" for name, why in parts.items() if why != DONE] if isinstance(parts, dict) else []
    return f"{len(failed)} of {len(parts)} targets not, {failed[0]}" if failed and isinstance(parts, dict) else ""


def _since(lease: Lease, outcome: Outcome, now: datetime) -> datetime:
    """When the effect began: by the zone's clock, within what ours makes possible; at the earliest if it was found."""
    earliest = lease.committed_at or lease.began_at
    return earliest if outcome.found else min(max(outcome.at, earliest), now)


def _over_by_itself(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """An act that leaves nothing to undo: its lease ends as soon as it is verified."""
    for holder in standing(tx, lease):
        tx.holders.save(holder.model_copy(update={"left_at": now, "left_why": "ended"}))
    releasing = move_lease(tx, lease, LeaseState.RELEASING, now, {"because": "nothing of it lasts"})
    return _let_go(tx, releasing, outcome, now, "done; nothing of it lasts", lasting=False)


def _failed(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    if lease.state is LeaseState.DRIFTED:
        return _save(tx, lease, note=outcome.message, reapplied=lease.reapplied + 1)
    if lease.state not in BEGINNING:
        return _save(tx, lease, note=outcome.message)
    body: Json = {"result": outcome.result, "because": outcome.message}
    failed = move_lease(tx, lease, LeaseState.FAILED, now, body, note=outcome.message)
    _over_in_vain(tx, failed, outcome.message or str(outcome.result), now)
    return failed


def _over_in_vain(tx: Tx, lease: Lease, why: str, now: datetime) -> None:
    call_next(tx, lease)
    request = tx.requests.get(lease.committed)
    if request is not None and request.state is RequestState.AUTHORISED:
        move_request(tx, request, RequestState.FAILED, now, {"lease": lease.id, "because": why}, outcome=why)
        give_back(tx, request)
        nudge_incident(tx, request.incident_id)


def _unknown(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """To be asked after a pause that grows; none where the worker died over it, or the target has just answered."""
    body: Json = {"because": outcome.message}
    waits = {} if outcome.result is Result.LOST or outcome.found else _again(lease, now)
    changes = waits | {"snapshot": _snapshot(lease, outcome), "undo": outcome.undo or lease.undo}
    changes |= {"note": outcome.message}
    if outcome.result is Result.UNVERIFIED and not outcome.found:
        # It was carried out and answered: no leave is under way any more that a release would have to outwait.
        changes["committed_at"] = None
    if lease.state is LeaseState.DRIFTED and outcome.result is Result.UNVERIFIED:
        changes["reapplied"] = lease.reapplied + 1
    if lease.state is LeaseState.APPLYING:
        return move_lease(tx, lease, LeaseState.UNKNOWN, now, body, **changes)
    return _save(tx, lease, **changes)


def _not_there(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    """Nothing was done: the next try, after a pause that grows.

    Not where the target was asked, for that came after one; nor for a release, which has waited for a worker.
    """
    if outcome.result is Result.ABSENT or lease.state not in (*BEGINNING, LeaseState.DRIFTED):
        return lease
    if lease.state is LeaseState.DRIFTED:
        return _save(tx, lease, **_again(lease, now))
    if lease.attempts == PAGE_AFTER:
        text = f"{lease.action} on {lease.target} cannot be begun: {outcome.message}"
        page_about_lease(tx, lease, PageKind.NOT_BEGUN, text, now)
    if outcome.snapshot is not None and lease.snapshot is None:
        return _save(tx, lease, **_again(lease, now), snapshot=outcome.snapshot)
    return _save(tx, lease, **_again(lease, now))


def _released(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    if lease.state in BEGINNING and lease.committed_at is not None and now < lease.committed_at + TOKEN_LIFE:
        # What was given leave may still arrive: taken back once more when it no longer can.
        return _save(tx, lease, next_try_at=lease.committed_at + TOKEN_LIFE)
    if lease.state in BEGINNING:
        why = lease.note or "nobody may act any more"
        body: Json = {"because": why, "taken_back": outcome.at.isoformat()}
        failed = move_lease(tx, lease, LeaseState.FAILED, now, body)
        _over_in_vain(tx, failed, f"taken back before it was in force: {why}", now)
        return failed
    if lease.state is LeaseState.ACTIVE and any(holder.expires_at > now for holder in standing(tx, lease)):
        return _save(tx, lease, drift=RELEASED_UNHEARD)
    if lease.state is LeaseState.ACTIVE:
        # The release went ahead while the database could not be written; its entry follows now (design 7).
        lease = move_lease(tx, lease, LeaseState.RELEASING, now, {"late": True})
    return _let_go(tx, lease, outcome, now, "released") if lease.state in ENDING else lease


def _let_go(tx: Tx, lease: Lease, outcome: Outcome, now: datetime, why: str, lasting: bool = True) -> Lease:
    due = None if lease.expires_at is None else lease.expires_at.isoformat()
    body: Json = {"effect_at": outcome.at.isoformat(), "due": due, "lasting": lasting}
    released = move_lease(tx, lease, LeaseState.RELEASED, now, body, released_at=outcome.at, next_try_at=None)
    for holder in standing(tx, released):
        tx.holders.save(holder.model_copy(update={"left_at": now, "left_why": "ended"}))
    end_left(tx, released, now, why)
    call_next(tx, released)
    return released


def _release_failed(tx: Tx, lease: Lease, outcome: Outcome, now: datetime) -> Lease:
    if lease.state is LeaseState.ACTIVE:
        lease = move_lease(tx, lease, LeaseState.RELEASING, now, {"late": True}, attempts=0, next_try_at=None)
    changes = _again(lease, now) | {"note": outcome.message, "snapshot": _snapshot(lease, outcome)}
    if lease.state is not LeaseState.RELEASING:
        return _told_at_length(tx, _save(tx, lease, **changes), now)
    stuck = move_lease(tx, lease, LeaseState.STUCK, now, {"because": outcome.message}, **changes)
    _page_stuck(tx, stuck, now)
    call_next(tx, stuck)
    return stuck


def _told_at_length(tx: Tx, lease: Lease, now: datetime) -> Lease:
    """What is taken back without having been released (lifted, or hardly begun) has no state for it: it is told."""
    if lease.attempts >= PAGE_AFTER and tx.pages.current(f"{PageKind.STUCK_RELEASE}/{lease.id}") is None:
        _page_stuck(tx, lease, now)
    return lease


def _page_stuck(tx: Tx, lease: Lease, now: datetime) -> None:
    text = f"release of {lease.action} on {lease.target} is stuck: {lease.note}"
    page_about_lease(tx, lease, PageKind.STUCK_RELEASE, text, now)


def _again(lease: Lease, now: datetime) -> dict[str, object]:
    attempts = lease.attempts + 1
    return {"attempts": attempts, "next_try_at": now + pause(attempts)}


def _save(tx: Tx, lease: Lease, **changes: object) -> Lease:
    after = lease.model_copy(update=changes)
    tx.leases.save(after, before=lease.state)
    return after
