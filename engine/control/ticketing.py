"""What tickets are to say, read from the ledger an incident at a time; and what became of them, which stands there too.

Rules: 1. An incident has one ticket a system: it is written down as soon as there is one (`ticket.opened`), and how far
it was told with each comment, so that whatever is killed in between is not said again. 2. What a ticket system refuses
is recorded (`ticket.refused`) and keeps nothing else back. 3. On a simulated site no ticket is opened, unless the site
wants that. 4. Text from outside is data (`engine.card_text`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from engine.card_text import shown
from engine.chat_lines import line_of
from engine.control.desk import Desk
from engine.control.forwarding import about
from engine.control.moves import note
from engine.digest import sha256
from engine.model.base import Json
from engine.model.entry import Entry
from engine.model.incident import Incident
from engine.ocsf import reason, text
from engine.store.tx import Tx

LINES = 50
"""Of one comment; a storm is told by its number."""
DECIDED = {
    "request.denied": "denied by policy: nothing is done",
    "request.observed": "observed: would have been done",
    "request.queued": "waits for review",
}
CLOSED = "incident.closed"


@dataclass(frozen=True)
class Ticket:
    """An incident's ticket as far as it is known: what the system calls it, and up to which entry it was told."""

    name: str = ""
    label: str = ""
    until: int = -1
    closed: bool = False


@dataclass
class Job:
    """What is to be said of one incident: lines up to entry `until`, and whether it is over."""

    incident: Incident
    ticket: Ticket
    simulated: bool
    until: int = -1
    lines: list[str] = field(default_factory=list)
    closes: bool = False


def reader_of(system: str) -> str:
    """Under what name the place of a ticket system in the ledger is kept."""
    return f"tickets/{system}"


def key_of(site: str, incident: str) -> str:
    """By what a ticket is found again: a word that no text from outside is part of."""
    return f"fireline-{sha256([site, incident])[:24]}"


def jobs(tx: Tx, desk: Desk, system: str, entries: Iterable[Entry], *, simulated: bool) -> list[Job]:
    """What these entries have to say to one ticket system, in the order in which incidents first come up."""
    found = dict[str, Job | None]()
    for entry in entries:
        for name, line, quiet in _said(tx, desk, entry):
            if quiet and not simulated:
                continue
            if name not in found:
                found[name] = _job(tx, system, name, quiet)
            if (job := found[name]) is not None:
                _add(job, entry, line)
    return [job for job in found.values() if job is not None and (job.lines or job.closes)]


def _add(job: Job, entry: Entry, line: str) -> None:
    if entry.seq > job.ticket.until:
        job.lines.append(f"{entry.at:%Y-%m-%d %H:%M:%S} UTC  {line}")
        job.until = entry.seq
    job.closes = job.closes or (entry.kind == CLOSED and not job.ticket.closed)


def _job(tx: Tx, system: str, name: str, simulated: bool) -> Job | None:
    incident = tx.incidents.get(name)
    return None if incident is None else Job(incident, known(tx, system, name), simulated)


def known(tx: Tx, system: str, incident: str) -> Ticket:
    """What the ledger says of an incident's ticket."""
    ticket = Ticket()
    for body in tx.bodies(f"incident/{incident}"):
        if body.get("system") == system and body.get("ticket"):
            until = body.get("until")
            ticket = Ticket(
                text(body["ticket"]),
                text(body.get("label")) or ticket.label,
                until if isinstance(until, int) else ticket.until,
                ticket.closed or body.get("closed") is True,
            )
    return ticket


def references(tx: Tx, incident: str) -> list[Json]:
    """An incident's tickets, as people know them."""
    systems = {text(body["system"]) for body in tx.bodies(f"incident/{incident}") if body.get("ticket")}
    found = {system: known(tx, system, incident) for system in sorted(systems)}
    return [{"system": name, "ticket": one.label or one.name, "closed": one.closed} for name, one in found.items()]


def _said(tx: Tx, desk: Desk, entry: Entry) -> Iterator[tuple[str, str, bool]]:
    """Incident, line, and whether it is about a simulated site."""
    of, _, name = entry.subject.partition("/")
    line = _line(entry)
    if line is None:
        return
    it = about(tx, desk, entry)
    if of == "incident":
        yield name, line, it.simulated
    elif of == "finding":
        yield from ((one, line, it.simulated) for one in it.incidents)
    else:
        what = f"{name}: {it.action} on {shown(it.target, 80)}: {line}"
        yield from ((one, what, it.simulated) for one in it.incidents)


def _line(entry: Entry) -> str | None:
    body = entry.body
    match entry.kind:
        case "finding.accepted":
            return f"finding: {shown(text(body.get('title')))} ({body.get('severity')}, {body.get('detector')})"
        case "incident.verdict":
            return f"{shown(entry.actor, 80)} finds: {body.get('kind')}: {shown(text(body.get('reason')))}"
        case "incident.closed":
            return "the incident is closed"
        case "request.requested":
            return f"asked for by {shown(entry.actor, 80)}: {shown(text(body.get('reason')))}"
        case kind if kind in DECIDED:
            why = reason(body)
            return f"{DECIDED[kind]}: {shown(why)}" if why else DECIDED[kind]
        case _:
            return line_of(entry) if entry.subject.startswith(("request/", "lease/")) else None


def values(job: Job, site: str) -> dict[str, str]:
    """What a template has places for; `text` is that of the whole incident."""
    incident = job.incident
    mark = "SIMULATED SITE" if job.simulated else "REAL"
    return {
        "key": key_of(site, incident.id),
        "incident": incident.id,
        "title": f"{mark} · {incident.id} · {shown(incident.title, 180)}",
        "severity": str(incident.severity),
        "urgency": "1" if incident.severity.rank >= 3 else "2" if incident.severity.rank == 2 else "3",
    }


def description(job: Job) -> list[str]:
    """The first words of a ticket."""
    incident = job.incident
    return [
        f"{incident.id} in Fireline, correlated on {shown(incident.key, 200)}",
        f"severity {incident.severity}, first seen {incident.first_seen:%Y-%m-%d %H:%M:%S} UTC",
        shown(incident.title),
        "What is done about it follows here. Nothing that is answered here is read by Fireline.",
    ]


def comment(job: Job) -> list[str]:
    """The lines of a comment, the newest where there are too many; each comment says up to which entry it goes."""
    left = len(job.lines) - LINES
    head = [f"{left} lines before these: see `fireline incidents show {job.incident.id}`"] if left > 0 else []
    return [*head, *job.lines[-LINES:], f"(ledger up to entry {job.until})"]


def opened(tx: Tx, system: str, incident: str, ticket: Ticket, now: datetime) -> None:
    """Keep which ticket an incident has (rule 1)."""
    _note(tx, "ticket.opened", system, incident, now, {"ticket": ticket.name, "label": ticket.label})


def told(tx: Tx, system: str, job: Job, ticket: Ticket, now: datetime) -> None:
    """Keep how far a ticket was told."""
    _note(tx, "ticket.told", system, job.incident.id, now, {"ticket": ticket.name, "until": job.until})


def closed(tx: Tx, system: str, incident: str, ticket: Ticket, now: datetime) -> None:
    """Keep that a ticket was closed with its incident."""
    _note(tx, "ticket.closed", system, incident, now, {"ticket": ticket.name, "closed": True})


def refused(tx: Tx, system: str, incident: str, because: str, now: datetime) -> None:
    """Keep that a ticket system would not take it (rule 2)."""
    _note(tx, "ticket.refused", system, incident, now, {"because": because})


def _note(tx: Tx, kind: str, system: str, incident: str, now: datetime, body: Json) -> None:
    note(tx, f"incident/{incident}", kind, now, {"system": system, **body})
