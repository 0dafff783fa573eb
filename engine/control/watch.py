"""Comparing the world with the leases: drift, effects nobody knows, and lost workflows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.control.desk import Desk
from engine.control.moves import note
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.incident import IncidentState
from engine.model.lease import Lease, LeaseState
from engine.model.request import RequestState
from engine.model.watch import ConnectorHealth, Sweep, SweepOrder
from engine.store.tx import Tx

SETTLED = timedelta(seconds=1)
"""An effect younger than this when the sweep began is not judged by it."""
SOON = timedelta(minutes=1)
"""What ends later can wait until everything else was looked at."""
MOVING = (RequestState.REQUESTED, RequestState.AUTHORISED)
"""On their way, and waiting for nobody."""
ORPHAN_AFTER = timedelta(seconds=30)
"""How long after its lease was over an effect may still be on its way out."""


def compare(tx: Tx, desk: Desk, sweep: Sweep, now: datetime) -> SweepOrder:
    """Take in a sweep: remember the connector's health, mark leases that drifted, name effects to take away."""
    before = tx.connectors.get(sweep.health.instance)
    known = () if before is None else before.orphans
    orphans = tuple(owner for owner in sorted(sweep.owned) if _is_orphan(tx, owner, sweep))
    # When it was seen by our clock: the zone's may be off.
    said = {"seen_at": sweep.began_at, "orphans": orphans if sweep.health.healthy else known}
    _remember(tx, before, sweep.health.model_copy(update=said), now)
    terms, live = desk.policy.document.leases, tx.leases.live(sweep.health.instance)
    every = [terms.looked_at(lease.action, desk.drift_every) for lease in live]
    again = min(every, default=desk.drift_every).total_seconds()
    if not sweep.health.healthy:
        return SweepOrder(again_in_s=again)
    for lease in live:
        seen = _drift(lease, sweep)
        if seen:
            _mark(tx, lease, seen, now)
    for owner in (one for one in orphans if one not in known):
        body: Json = {"connector": sweep.health.instance, "owner": owner, "what": sweep.owned[owner]}
        note(tx, f"connector/{sweep.health.instance}", "orphan.found", now, body)
    return SweepOrder(remove=orphans, again_in_s=again)


def _remember(tx: Tx, before: ConnectorHealth | None, health: ConnectorHealth, now: datetime) -> None:
    if before is None or before.healthy != health.healthy:
        body: Json = {"healthy": health.healthy, "error": health.error, "executor": health.executor}
        note(tx, f"connector/{health.instance}", "connector.health", now, body)
    tx.connectors.put(health)


def _drift(lease: Lease, sweep: Sweep) -> str:
    """What is not as we left it; empty where all is, or it is too early to tell."""
    young = lease.active_at is None or max(lease.active_at, lease.changed_at) + SETTLED > sweep.began_at
    if lease.state is not LeaseState.ACTIVE or young or lease.drift:
        return ""
    element = sweep.owned.get(lease.owner)
    if element is None:
        return "our element is not there any more"
    return "our element stands there without effect" if element.get("effective") is False else ""


def _mark(tx: Tx, lease: Lease, seen: str, now: datetime) -> None:
    tx.leases.save(lease.model_copy(update={"drift": seen}), before=lease.state)
    note(tx, f"lease/{lease.id}", "lease.drift_seen", now, {"seen": seen})
    tx.outbox.nudge("Lease", lease.key, lease.key)


def _is_orphan(tx: Tx, owner: str, sweep: Sweep) -> bool:
    lease = tx.leases.by_owner(owner)
    if lease is None:
        return True
    return is_final(lease.state) and lease.changed_at + ORPHAN_AFTER < sweep.began_at


class Nudge(NamedTuple):
    """A workflow that is to look at its subject, whatever became of it."""

    workflow: str
    workflow_id: str
    subject: str


def reconcile(tx: Tx, now: datetime) -> list[Nudge]:
    """Have what cannot wait looked at; return the rest of the open incidents and live effects, to be `wake`d by and by.

    A workflow that a restarted worker wakes is replayed first: a hundred at once would be in the way of those few that
    have an effect to end.
    """
    moving = {request.incident_id for request in tx.requests.all(MOVING)}
    urgent, rest = list[Nudge](), list[Nudge]()
    for lease in tx.leases.live():
        soon = lease.state is not LeaseState.ACTIVE or lease.expires_at is None or lease.expires_at < now + SOON
        (urgent if soon else rest).append(Nudge("Lease", lease.key, lease.key))
    for incident in tx.incidents.all(IncidentState.OPEN):
        nudge = Nudge("Respond", incident.workflow_id, incident.id)
        (urgent if incident.id in moving else rest).append(nudge)
    wake(tx, urgent)
    return rest


def wake(tx: Tx, nudges: Iterable[Nudge]) -> None:
    """Have these looked at."""
    for nudge in nudges:
        tx.outbox.nudge(*nudge)


def watch_closely(tx: Tx, desk: Desk, lease: Lease) -> None:
    """Have a connector swept now, so that an effect just in force is looked at as often as the policy says."""
    if desk.policy.document.leases.looked_at(lease.action, desk.drift_every) < desk.drift_every:
        look_again(tx, (lease.connector,))


def look_again(tx: Tx, connectors: tuple[str, ...]) -> None:
    """Have each connector swept now, and released what is overdue."""
    for connector in connectors:
        tx.outbox.nudge("Watch", f"watch/{connector}", connector)
