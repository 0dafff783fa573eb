"""What is shared of an effect: whether a share may be prolonged, is asked to be, and needs no place of its own."""

from engine.control.moves import key_of
from engine.lifecycle import is_final
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.request import Request
from engine.store.tx import Tx


def share_is_over(tx: Tx, request: Request) -> str | None:
    """Why a request prolongs nothing any more; None where it still may, and for any other."""
    if request.extends is None:
        return None
    holder = tx.holders.get(request.extends)
    lease = None if holder is None else tx.leases.get(holder.lease_id)
    if holder is None or lease is None or holder.left_at is not None or not _stands(lease):
        return f"the share of {request.extends} is over, and nothing is put in force anew by an extension"
    return None


def _stands(lease: Lease) -> bool:
    return lease.state in (LeaseState.ACTIVE, LeaseState.DRIFTED)


def shares_one(tx: Tx, request: Request) -> bool:
    """Whether the effect it wants stands already, for others or to be prolonged: it takes no second place in force."""
    if request.extends is not None:
        return True
    lease = tx.leases.latest(key_of(request))
    return lease is not None and any(holder.left_at is None for holder in tx.holders.of(lease.id))


def under_way(tx: Tx, holder: Holder) -> Request | None:
    """The request that would prolong this share and is not decided, or not carried out, yet."""
    asked = [request for request in tx.requests.of(holder.incident_id) if request.extends == holder.request_id]
    return next((request for request in asked if not is_final(request.state) and request.lease_id is None), None)
