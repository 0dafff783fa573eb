"""What stands besides a request: the targets of other effects in force."""

from engine.context.reach import reached
from engine.context.roles import parts
from engine.control.desk import Desk
from engine.control.moves import key_of
from engine.model.lease import Lease
from engine.model.request import Request
from engine.store.tx import Tx


def same_action(tx: Tx, request: Request) -> tuple[str, ...]:
    """The targets on which the same action stands; what a wider effect stands beside is on this one."""
    others = tx.leases.other_targets(request.action, but=key_of(request))
    return others if request.widens is None else tuple(target for target in others if target != request.target)


def cut_off(tx: Tx, desk: Desk, request: Request) -> tuple[str, ...]:
    """The targets of ours that whatever action cuts off, which counts only for a target that others rely on.

    That is one of a redundancy group, or with a part for others: for any other nothing is looked up, for it would be
    every effect in force. What cuts one host's traffic on one port only cuts nothing off.
    """
    if not any(asset.redundancy_group or parts(asset) for asset in reached(desk.context, request.target)):
        return ()
    own = key_of(request)
    return tuple(sorted({lease.target for lease in tx.leases.live() if lease.key != own and _cuts_off(desk, lease)}))


def _cuts_off(desk: Desk, lease: Lease) -> bool:
    spec, narrow = desk.specs.get(lease.action), None not in (lease.params.get("host"), lease.params.get("port"))
    return spec is not None and spec.cuts_traffic and not narrow and bool(reached(desk.context, lease.target))
