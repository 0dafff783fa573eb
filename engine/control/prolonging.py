"""Keeping an effect in force beyond its ceiling, or for good: a request of its own, which people decide.

Rules: 1. It is decided, checked and approved like any other, at tier 3 or above, for good at tier 4. 2. It prolongs the
share of one request: once that has ended, been vetoed or withdrawn, nothing is put in force anew by it. 3. It prolongs
the effect as it is, and never changes it. 4. It lasts from when it is joined as long as people were told, no longer.
"""

from datetime import datetime, timedelta

from engine.control.desk import Desk
from engine.control.doors import require_role
from engine.control.holders import standing
from engine.control.request_path import RequestPath, new_request
from engine.control.shares import under_way
from engine.errors import Denied, EngineBug, InvalidInput, NotFound
from engine.model.lease import PERMANENT, Holder, LeaseState
from engine.model.principal import Principal, Role
from engine.model.request import Request
from engine.store.tx import Tx

LONGEST = timedelta(days=366)
"""What is to last longer is to be made permanent."""


def ask_longer(
    tx: Tx, desk: Desk, principal: Principal, lease_id: str, lasts: timedelta, reason: str, now: datetime
) -> Request:
    """Ask people to keep an effect in force for `lasts` from when they agree, whatever its ceiling."""
    if not timedelta(0) < lasts <= LONGEST:
        raise InvalidInput(f"an extension lasts longer than nothing, and {LONGEST.days} days at the most")
    return _ask(tx, desk, principal, lease_id, lasts, reason, now)


def ask_permanent(tx: Tx, desk: Desk, principal: Principal, lease_id: str, reason: str, now: datetime) -> Request:
    """Ask people to keep an effect in force until somebody releases it."""
    return _ask(tx, desk, principal, lease_id, PERMANENT, reason, now)


def _ask(
    tx: Tx, desk: Desk, principal: Principal, lease_id: str, lasts: timedelta, reason: str, now: datetime
) -> Request:
    require_role(principal, Role.RESPONDER)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    lease = tx.leases.get(lease_id)
    if lease is None:
        raise NotFound(f"there is no lease `{lease_id}`")
    last = max(standing(tx, lease), key=lambda holder: holder.expires_at, default=None)
    if lease.state is not LeaseState.ACTIVE or last is None:
        raise Denied(f"{lease.id} is {lease.state}, and nobody holds it on: only an effect in force can be extended")
    waiting = under_way(tx, last)
    if waiting is not None:
        raise Denied(f"{waiting.id} asks for that already, and is {waiting.state}")
    return ask_more(tx, desk, last, lasts, now, requester=principal.id, person=True, reason=reason)


def ask_more(tx: Tx, desk: Desk, holder: Holder, lasts: timedelta, now: datetime, **asked_by: object) -> Request:
    """A request that would prolong this share; `asked_by` says whose it is, and why."""
    old, incident = tx.requests.get(holder.request_id), tx.incidents.get(holder.incident_id)
    if old is None or incident is None:
        raise EngineBug(f"lease {holder.lease_id} is held by a request that does not exist, or that has no incident")
    fresh: dict[str, object] = {"extends": old.id, "lease": lasts, "run_id": None, "interim_for": None}
    fresh |= {"supersedes": None, "re_asks": 0, "difference": (), "denied": ()}
    request = new_request(old, tx.counters.next("AR"), now, **fresh, **asked_by)
    opened = RequestPath(tx, desk, incident, now).open(request)
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    return opened
