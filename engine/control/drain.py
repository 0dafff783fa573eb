"""Effects whose time was up while nobody was there: given back many at once, those of the highest impact first.

A lease's own workflow would release it too. After an outage though hundreds of them wake together, and each takes its
turns; so the connector's watch has them released in few steps, and the workflows find theirs over. INVARIANT: releasing
our own element twice equals once, so that whoever comes second does no harm.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from engine.control.absorb import absorb
from engine.control.desk import Desk
from engine.control.lease import LeasePath
from engine.model.action import Impact
from engine.model.execution import Release, Work
from engine.model.lease import Lease, LeaseState
from engine.model.watch import DrainOrder, Released
from engine.store.tx import Tx

AT_ONCE = 50
"""Releases handed out in one transaction: everything else waits for the writer meanwhile."""
OVERDUE = timedelta(seconds=1)
"""How late a release is before it is taken out of its workflow's hands."""
PATIENCE = timedelta(seconds=3)
"""How long the lease's own workflow then waits before it tries by itself."""


def drain(tx: Tx, desk: Desk, connector: str, released: Iterable[Released], now: datetime) -> DrainOrder:
    """Take in what became of the last releases, and give the next."""
    for each in released:
        lease = tx.leases.by_owner(each.owner)
        if lease is not None:
            absorb(tx, desk, lease, each.outcome, now)
    late = sorted((lease for lease in tx.leases.live(connector) if _is_overdue(lease, now)), key=_impact(desk))
    works = (_begin(tx, desk, lease, now) for lease in late[:AT_ONCE])
    return DrainOrder(works=tuple(work for work in works if work is not None))


def overdue(tx: Tx, now: datetime) -> int:
    """How many effects have been due for longer than their own workflows take."""
    return sum(_is_overdue(lease, now) for lease in tx.leases.live())


def _is_overdue(lease: Lease, now: datetime) -> bool:
    return lease.state is LeaseState.ACTIVE and lease.expires_at is not None and lease.expires_at + OVERDUE <= now


def _impact(desk: Desk) -> Callable[[Lease], tuple[int, datetime]]:
    """What comes first: the highest impact, then the longest overdue; an unknown action counts as high."""

    def order(lease: Lease) -> tuple[int, datetime]:
        spec = desk.specs.get(lease.action)
        return -(Impact.HIGH if spec is None else spec.impact), lease.expires_at or lease.began_at

    return order


def _begin(tx: Tx, desk: Desk, lease: Lease, now: datetime) -> Work | None:
    """The release of this lease, if the lease itself says that it is to be released."""
    command = LeasePath(tx, desk, lease.key, now).advance(None).command
    releasing = tx.leases.get(lease.id)
    if releasing is None or not isinstance(command, Release):
        return None
    tx.leases.save(releasing.model_copy(update={"next_try_at": now + PATIENCE}), before=releasing.state)
    return command.work
