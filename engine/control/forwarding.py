"""What leaves for other systems: read from the ledger, so that whatever moves something, nothing is left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.control.desk import Desk
from engine.control.moves import note
from engine.model.action import Executor
from engine.model.base import Json
from engine.model.entry import Entry
from engine.model.lease import Lease
from engine.model.request import Request
from engine.ocsf import About, event, leaves, text
from engine.store.pages import ReadUntil
from engine.store.tx import Tx


@dataclass(frozen=True)
class Numbered:
    """The event of one entry of the ledger."""

    seq: int
    event: Json


@dataclass(frozen=True)
class Refusal:
    """An event that a receiver will never take, and what it says."""

    uid: str
    because: str


def reader_of(receiver: str) -> str:
    """Under what name the place of a receiver in the ledger is kept."""
    return f"siem/{receiver}"


def events(tx: Tx, desk: Desk, entries: Iterable[Entry], site: str, *, simulated: bool) -> list[Numbered]:
    """The events of these entries in their order; on a simulated site none, unless the site wants that."""
    told = ((entry, about(tx, desk, entry)) for entry in entries if leaves(entry))
    return [Numbered(entry.seq, event(entry, known, site)) for entry, known in told if simulated or not known.simulated]


def about(tx: Tx, desk: Desk, entry: Entry) -> About:
    """What an entry belongs to."""
    of, _, name = entry.subject.partition("/")
    match of:
        case "request":
            request = tx.requests.get(name)
            return _of_request(desk, request) if request is not None else About(name, _is_simulated(desk))
        case "lease":
            lease = tx.leases.get(name)
            return _of_lease(tx, desk, lease) if lease is not None else About(name, _is_simulated(desk))
        case "freeze":
            scope = text(entry.body.get("scope"))
            return About(f"freeze/{scope}", _is_simulated(desk), target=scope)
        case _:
            return _of_finding(tx, desk, entry)


def _of_finding(tx: Tx, desk: Desk, entry: Entry) -> About:
    incident = text(entry.body.get("incident"))
    finding = tx.findings.get(entry.subject.removeprefix("finding/"))
    return About(
        text(entry.body.get("trip")) or entry.subject.removeprefix("finding/"),
        _is_simulated(desk),
        incidents=(incident,) if incident else (),
        techniques=() if finding is None else finding.techniques,
    )


def _of_request(desk: Desk, request: Request) -> About:
    return About(
        request.id,
        desk.executors.get(request.connector) is Executor.SIMULATED,
        action=request.action,
        spec=desk.specs.get(request.action),
        target=request.target,
        connector=request.connector,
        incidents=(request.incident_id,),
        requests=(request.id,),
    )


def _of_lease(tx: Tx, desk: Desk, lease: Lease) -> About:
    holders = tx.holders.of(lease.id)
    return About(
        lease.id,
        lease.executor is Executor.SIMULATED,
        action=lease.action,
        spec=desk.specs.get(lease.action),
        target=lease.target,
        connector=lease.connector,
        incidents=tuple(dict.fromkeys(holder.incident_id for holder in holders)),
        requests=tuple(dict.fromkeys(holder.request_id for holder in holders)),
    )


def _is_simulated(desk: Desk) -> bool:
    """What belongs to no effect is as real as anything that the engine can reach."""
    return desk.simulated


def forwarded(tx: Tx, receiver: str, read: int, refused: Sequence[Refusal], now: datetime) -> None:
    """Keep that a receiver has everything up to `read`, but what it refused for good."""
    if refused:
        body: Json = {"receiver": receiver, "count": len(refused), "events": [one.uid for one in refused]}
        note(tx, "siem", "siem.refused", now, body | {"because": refused[0].because})
    tx.read_until.put(reader_of(receiver), read)


def behind(read_until: ReadUntil, receiver: str) -> int | None:
    """How many entries a receiver has still to get, or to be passed over for it; None where it was never begun."""
    read = read_until.get(reader_of(receiver))
    return None if read is None else read_until.newest() - read
