"""Releases while the ledger cannot be written: the effect ends on time, its entry follows from a synced file."""

import logging
from datetime import datetime, timedelta

from engine.control.commit import letting_go
from engine.control.desk import Desk
from engine.control.holders import in_turn, standing
from engine.errors import StoreUnavailable
from engine.ledger.spool import Spool
from engine.model.entry import Draft
from engine.model.execution import Hold, LeaseOrder, Release, Result
from engine.model.lease import Lease, LeaseState
from engine.model.orders import AdvanceLease
from engine.store.tx import Tx

LOG = logging.getLogger(__name__)

ENDING = (LeaseState.ACTIVE, LeaseState.DRIFTED, LeaseState.RELEASING, LeaseState.STUCK)
PAUSE = timedelta(seconds=2)
NOT_YET = (Result.RELEASE_FAILED, Result.NOT_BEGUN, Result.LOST)
"""Outcomes after which a release is tried again without waiting for the database."""


def release_without_ledger(tx: Tx, desk: Desk, step: AdvanceLease, now: datetime, spool: Spool) -> LeaseOrder | None:
    """The release of an effect that is to end, spooled; None where none is, so that the step waits.

    `now` is later than the step's own time where it has been tried for a while. What the target said of anything but
    a release is forgotten: whether it was renewed, or did harm, changes nothing about its end.
    """
    lease = tx.leases.latest(step.lease_key)
    due = "" if lease is None or lease.state not in ENDING else _due(tx, lease, now)
    heard = None if step.outcome is None else step.outcome.result
    if lease is None or not due or heard is Result.RELEASED:
        return None
    if heard in NOT_YET:
        return LeaseOrder(command=Hold(until=now + PAUSE))
    body = {"owner": lease.owner, "due": str(lease.expires_at), "because": f"{due}; the database was away"}
    begun = Draft(subject=f"lease/{lease.id}", kind="lease.release_begun", actor="engine", at=now, body={**body})
    _keep(spool, begun)
    return LeaseOrder(command=Release(work=letting_go(desk, lease)))


def _due(tx: Tx, lease: Lease, now: datetime) -> str:
    """Why it is to end now; empty where it is not, or somebody may yet join it.

    What bridges an unanswered request ends with its step: holding it on is an act, and takes an entry.
    """
    if lease.expires_at is not None and lease.expires_at <= now:
        return "its time is up"
    if lease.state in (LeaseState.RELEASING, LeaseState.STUCK):
        return "its release had begun"
    left = not standing(tx, lease) and not tx.requests.waiting_for(lease.key)
    return "nobody holds it any more" if left and in_turn(tx, lease, now) is None else ""


def _keep(spool: Spool, draft: Draft) -> None:
    """On the disk, if that can be: a release waits for no entry."""
    try:
        spool.append(draft)
    except StoreUnavailable as away:
        LOG.error("%s is released without a ledger entry, now or later: %s", draft.subject, away)
