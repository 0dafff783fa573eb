"""Whose lift of an effect wins, when it was not the engine that lifted it.

Rules: 1. What a person releases through us is released. 2. A lift that a person announced, with its ticket, is right
for an hour: it is not put back, and nobody is paged. 3. Any other is nobody's word: the effect is put back once or
given up, as policy says, and people are paged. 4. No identity of an incident lifts what that incident holds, through
any door.
"""

from collections.abc import Iterable
from datetime import datetime

from engine.errors import Denied
from engine.model.lease import Lease
from engine.model.principal import Principal
from engine.store.tx import Tx


def announced_lift(lease: Lease, now: datetime) -> str:
    """The ticket and reason by which somebody may lift it now; empty where nobody may."""
    return lease.lift if lease.lift_until is not None and now < lease.lift_until else ""


def incidents_of(tx: Tx, lease: Lease) -> set[str]:
    """The incidents for which an effect stands, or is about to."""
    held = {holder.incident_id for holder in tx.holders.of(lease.id) if holder.left_at is None}
    return held | {request.incident_id for request in tx.requests.waiting_for(lease.key)}


def involved(tx: Tx, incident_id: str) -> set[str]:
    """What an incident is about and what is done to it, as accounts are written."""
    targets = {request.target.lower() for request in tx.requests.of(incident_id)}
    ends = [end for finding in tx.findings.of(incident_id) for end in (finding.source, finding.destination) if end]
    return targets | {end.user.lower() for end in ends if end.user}


def those_involved(tx: Tx, people: Iterable[Principal], incident_id: str) -> frozenset[str]:
    """Of these people those about an account of whom an incident is."""
    owned = {person.id: {account.lower() for account in person.accounts} for person in people if person.accounts}
    about = involved(tx, incident_id) if owned else set[str]()
    return frozenset(name for name, accounts in owned.items() if accounts & about)


def is_involved(tx: Tx, principal: Principal, incident_id: str) -> bool:
    """Whether an incident is about an account of this person."""
    return bool(those_involved(tx, (principal,), incident_id))


def require_uninvolved(tx: Tx, principal: Principal, incidents: Iterable[str]) -> None:
    """Raise `Denied` where one of these incidents is about an account of this person (rule 4)."""
    for incident in sorted(incidents):
        if is_involved(tx, principal, incident):
            raise Denied(f"{incident} is about an account of `{principal.id}`, who may lift nothing that it holds")
