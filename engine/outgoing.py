"""What leaves the engine for people: cleaned, bounded, and the same for every channel; pure.

Rules: 1. What came from outside is one line of printable characters, so that it forges no other. 2. Everything has a
length. 3. A message says where its effect is: on the simulated site, or real.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.digest import sha256
from engine.model.action import Executor
from engine.model.base import AwareDatetime, Model
from engine.model.page import Event, Message
from engine.ports import People

TITLE, LINE, LINES = 300, 500, 25


class Notice(Model):
    """A message as it is sent: `key` is one for everything that belongs to the same page."""

    id: str
    event: Event
    key: str
    audience: str
    people: tuple[str, ...]
    subject: str
    title: str
    lines: tuple[str, ...]
    round: int
    simulated: bool
    made_at: AwareDatetime


def notice(message: Message, people: Sequence[str], simulated: bool, site: str) -> Notice:
    """What is sent of a message; `site` keeps apart what several engines send to one receiver."""
    mark = "SIMULATED SITE" if simulated else "REAL"
    lines = [clean(line, LINE) for line in message.lines[:LINES]]
    left = len(message.lines) - len(lines)
    return Notice(
        id=message.id,
        event=message.event,
        key=f"fireline-{sha256([site, message.about])[:24]}",
        audience=message.audience,
        people=tuple(people),
        subject=message.subject,
        title=clean(f"{mark} · {message.title}", TITLE),
        lines=(*lines, *([f"and {left} more: see `fireline leases list`"] if left > 0 else [])),
        round=message.round,
        simulated=simulated,
        made_at=message.made_at,
    )


def clean(text: str, length: int) -> str:
    """One line of at most `length` characters, with nothing in it that a screen would obey or a chat expand."""
    seen = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    plain = " ".join(seen.split()).replace("<", "‹").replace(">", "›").replace("@", "@\N{WORD JOINER}")
    return plain if len(plain) <= length else plain[: length - 1] + "…"


def is_simulated(message: Message, executors: Mapping[str, Executor]) -> bool:
    """Whether nothing real stands behind it; what concerns the engine is as real as anything that it can reach."""
    if message.simulated is not None:
        return message.simulated
    if message.connector:
        return executors.get(message.connector) is Executor.SIMULATED
    return all(executor is Executor.SIMULATED for executor in executors.values())


def whom(people: People, groups: Sequence[str], round: int, at: datetime) -> tuple[str, ...]:
    """Who is meant in a round: those on call, then all of their groups as well, then whoever may approve at all.

    Whoever is away is meant in the last alone, or where nobody else is there.
    """
    everybody = [person for person in people.all() if not person.bot]
    meant = {*groups} or {group for person in everybody for group in person.groups}
    on_call = {person.id for group in meant for person in people.on_call(group, at) if not person.bot}
    members = {person.id for person in everybody if meant & {*person.groups}}
    approvers = {person.id for person in everybody if "approver" in person.roles}
    away = people.absent(at)
    there, may_approve = members - away, approvers - away
    circles = (on_call or there or may_approve, on_call | there or may_approve, on_call | members | approvers)
    return tuple(sorted(circles[min(round, 2)] or members or approvers))


def addressed(people: People, names: Sequence[str], at: datetime) -> tuple[str, ...]:
    """Whom something is told that is meant for these groups or persons: those on call, else all of a group."""
    everybody = [person for person in people.all() if not person.bot]
    on_call = {person.id for name in names for person in people.on_call(name, at) if not person.bot}
    members = {person.id for person in everybody if {person.id, *person.groups} & {*names}}
    return tuple(sorted(on_call or members))
