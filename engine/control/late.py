"""Releases while the ledger cannot be written: the effect ends on time, its entry follows from a synced file."""

from datetime import timedelta

from engine.control.commit import letting_go
from engine.control.desk import Desk
from engine.ledger.spool import Spool
from engine.model.entry import Draft
from engine.model.execution import Hold, LeaseOrder, Release, Result
from engine.model.lease import LeaseState
from engine.model.orders import AdvanceLease
from engine.store.tx import Tx

ENDING = (LeaseState.ACTIVE, LeaseState.DRIFTED, LeaseState.RELEASING, LeaseState.STUCK)
PAUSE = timedelta(seconds=2)
NOT_YET = (Result.RELEASE_FAILED, Result.NOT_BEGUN, Result.LOST)
"""Outcomes after which a release is tried again without waiting for the database."""


def release_without_ledger(tx: Tx, desk: Desk, step: AdvanceLease, spool: Spool) -> LeaseOrder | None:
    """The release of an effect whose time is up, spooled; None where nothing is due, so that the step waits."""
    lease = tx.leases.latest(step.lease_key)
    due = lease is not None and lease.expires_at is not None and lease.expires_at <= step.now
    if lease is None or not due or lease.state not in ENDING:
        return None
    if step.outcome is not None:
        return LeaseOrder(command=Hold(until=step.now + PAUSE)) if step.outcome.result in NOT_YET else None
    body = {"owner": lease.owner, "due": str(lease.expires_at), "because": "its time is up; the database was away"}
    spool.append(
        Draft(subject=f"lease/{lease.id}", kind="lease.release_begun", actor="engine", at=step.now, body={**body})
    )
    return LeaseOrder(command=Release(work=letting_go(desk, lease)))
