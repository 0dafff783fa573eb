"""What stands besides a request: the targets of other effects in force."""

from engine.context.reach import reached
from engine.control.desk import Desk
from engine.control.moves import key_of
from engine.lifecycle import is_final
from engine.model.lease import Lease
from engine.model.request import Request
from engine.store.tx import Tx


def same_action(tx: Tx, request: Request) -> tuple[str, ...]:
    """The targets on which the same action stands; what a wider effect stands beside is on this one."""
    others = tx.leases.other_targets(request.action, but=key_of(request))
    return others if request.widens is None else tuple(target for target in others if target != request.target)


def cut_off(tx: Tx, desk: Desk, request: Request) -> tuple[str, ...]:
    """The targets of ours that whatever action cuts off, which counts only where this one reaches something of ours.

    What cuts one host's traffic on one port only cuts nothing off.
    """
    if not reached(desk.context, request.target):
        return ()
    pairs = tx.leases.standing(but=key_of(request))
    found = (pair for pair in pairs if _cuts(desk, *pair))
    return tuple(sorted({target for action, target in found if any(map(_is_whole, tx.leases.on(action, target)))}))


def _cuts(desk: Desk, action: str, target: str) -> bool:
    spec = desk.specs.get(action)
    return spec is not None and spec.cuts_traffic and bool(reached(desk.context, target))


def _is_whole(lease: Lease) -> bool:
    return not is_final(lease.state) and None in (lease.params.get("host"), lease.params.get("port"))
