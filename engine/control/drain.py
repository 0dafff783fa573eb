"""Effects whose time was up while nobody was there: given back many at once, those of the highest impact first.

A lease's own workflow would release it too. After an outage though hundreds of them wake together, and each takes its
turns; so the connector's watch has them released in few steps, and the workflows find theirs over. So too a release
that was begun and of which nothing was heard: its worker may have died over it. INVARIANT: releasing our own element
twice equals once, so that whoever comes second does no harm.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice

from engine.control.commit import TOKEN_LIFE
from engine.control.desk import Desk
from engine.control.holders import standing
from engine.control.interim import next_step
from engine.control.lease import LeasePath
from engine.control.restoring import take_in
from engine.errors import EngineBug
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
            take_in(tx, desk, lease, each.outcome, now)
    late = sorted((lease for lease in tx.leases.live(connector) if _is_overdue(lease, now)), key=_impact(desk))
    sure = (lease for lease in late if _is_to_go(tx, desk, lease, now))
    return DrainOrder(works=tuple(_begin(tx, desk, lease, now) for lease in islice(sure, AT_ONCE)))


def overdue(tx: Tx, now: datetime) -> int:
    """How many effects have been due for longer than their own workflows take."""
    return sum(_is_overdue(lease, now) for lease in tx.leases.live())


def _is_overdue(lease: Lease, now: datetime) -> bool:
    if lease.state is LeaseState.RELEASING:
        return max(lease.changed_at + OVERDUE, lease.next_try_at or now) <= now
    return lease.state is LeaseState.ACTIVE and lease.expires_at is not None and lease.expires_at + OVERDUE <= now


def _is_to_go(tx: Tx, desk: Desk, lease: Lease, now: datetime) -> bool:
    """Whether its next step is its release; a join, or a share that goes on, is for its own workflow to see to."""
    if lease.state is LeaseState.RELEASING:
        return True
    if lease.connector in desk.self_expiring and _may_be_renewed(lease, now):
        return False
    goes_on = any(holder.expires_at > now or next_step(tx, holder, now) is not None for holder in standing(tx, lease))
    return not goes_on and not tx.requests.waiting_for(lease.key)


def _may_be_renewed(lease: Lease, now: datetime) -> bool:
    """Whether leave given since it is in force, to tell of a later end, can still arrive: before or after a release."""
    given, since = lease.committed_at, lease.active_at
    return given is not None and since is not None and since < given and now < given + TOKEN_LIFE


def _impact(desk: Desk) -> Callable[[Lease], tuple[int, datetime]]:
    """What comes first: the highest impact, then the longest overdue; an unknown action counts as high."""

    def order(lease: Lease) -> tuple[int, datetime]:
        spec = desk.specs.get(lease.action)
        return -(Impact.HIGH if spec is None else spec.impact), lease.expires_at or lease.began_at

    return order


def _begin(tx: Tx, desk: Desk, lease: Lease, now: datetime) -> Work:
    """Have the lease released, by the step that it takes itself."""
    command = LeasePath(tx, desk, lease.key, now).advance(None).command
    releasing = tx.leases.get(lease.id)
    if releasing is None or not isinstance(command, Release):
        raise EngineBug(f"lease {lease.id} is over, and its next step is `{command.kind}`")
    tx.leases.save(releasing.model_copy(update={"next_try_at": now + PATIENCE}), before=releasing.state)
    return command.work
