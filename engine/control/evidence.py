"""What was taken down of a target, as the leases of `evidence.capture` have it."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import ValidationError

from engine.control.desk import Desk
from engine.errors import NotFound
from engine.model.action import ActionSpec
from engine.model.evidence import Receipt
from engine.model.lease import Lease
from engine.model.request import Request
from engine.scopes import names_of
from engine.store.tx import Tx

CAPTURE = "evidence.capture"


@dataclass(frozen=True)
class Taken:
    """One piece of evidence: the lease it was taken by, its receipt, and the incidents that asked for it."""

    lease: Lease
    receipt: Receipt
    incidents: tuple[str, ...]


def all_taken(tx: Tx, incident: str | None = None) -> Iterator[Taken]:
    """What was taken down, the oldest first; of one incident, where that is named."""
    for lease in tx.leases.doing(CAPTURE):
        for receipt in _receipt(lease):
            asked = tuple(sorted({holder.incident_id for holder in tx.holders.of(lease.id)}))
            if incident is None or incident in asked:
                yield Taken(lease, receipt, asked)


def find_taken(tx: Tx, lease_id: str) -> Taken:
    """The piece that was taken by this lease; raise `NotFound` where there is none."""
    found = next((taken for taken in all_taken(tx) if taken.lease.id == lease_id), None)
    if found is None:
        raise NotFound(f"there is no evidence `{lease_id}`")
    return found


def receipts_for(tx: Tx, desk: Desk, request: Request, spec: ActionSpec) -> tuple[Receipt, ...]:
    """Receipts of what the request would destroy, by whatever name it was taken; none where it destroys nothing.

    What was taken at a simulated site is no evidence of anything real, nor the reverse (I12).
    """
    if not spec.destroys:
        return ()
    executor = desk.executors[request.connector]
    names = {request.target, *names_of(desk.context, request.target)}
    taken = (lease for name in sorted(names) for lease in tx.leases.on(CAPTURE, name))
    return tuple(receipt for lease in taken if lease.executor is executor for receipt in _receipt(lease))


def _receipt(lease: Lease) -> Iterator[Receipt]:
    """Of a capture that was verified; `undo` may also stand there after one that was not."""
    if lease.active_at is None or lease.undo is None:
        return
    try:
        yield Receipt.model_validate(lease.undo.details)
    except ValidationError:
        return
