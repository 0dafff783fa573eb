"""The door through which a lift by hand is announced, so that it is taken for what it is (`engine.control.lifting`)."""

from datetime import datetime, timedelta

from engine.control.doors import require_role
from engine.control.lifting import incidents_of, require_uninvolved
from engine.control.moves import note
from engine.errors import Denied, InvalidInput, NotFound
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.lease import Lease
from engine.model.principal import Principal, Role
from engine.store.tx import Tx

ANNOUNCED_FOR = timedelta(hours=1)


def announce_lift(tx: Tx, principal: Principal, lease_id: str, ticket: str, reason: str, now: datetime) -> Lease:
    """Say that somebody lifts an effect by hand, and by which ticket."""
    require_role(principal, Role.RESPONDER)
    lease = tx.leases.get(lease_id)
    if lease is None:
        raise NotFound(f"there is no lease `{lease_id}`")
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot, and a lift by hand is announced by a person")
    if not ticket.strip() or not reason.strip():
        raise InvalidInput("a lift by hand is announced with its ticket and a reason")
    if is_final(lease.state):
        raise Denied(f"{lease.id} is {lease.state}: there is nothing to lift")
    require_uninvolved(tx, principal, incidents_of(tx, lease))
    until, said = now + ANNOUNCED_FOR, f"{ticket.strip()}: {reason.strip()}"
    announced = lease.model_copy(update={"lift": said, "lift_until": until})
    tx.leases.save(announced, before=lease.state)
    body: Json = {"ticket": ticket.strip(), "reason": reason.strip(), "until": until.isoformat()}
    note(tx, f"lease/{lease.id}", "lease.lift_announced", now, body, principal.signature)
    return announced
