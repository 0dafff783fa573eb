"""What `/fireline …` shows: what is asked, what is in force, and one incident; it changes nothing.

What it has done is another matter (`engine.control.chat_orders`).
"""

from zoneinfo import ZoneInfo

from console.chat.commands import help_in_room
from engine.card_pages import pages
from engine.card_text import shown
from engine.control.carding import in_full_of
from engine.control.desk import Desk
from engine.model.chat import RoomSettings
from engine.model.lease import Lease
from engine.model.request import Request, RequestState
from engine.store.tx import Tx
from engine.telling import by_the_clock

MOST = 20


def reply_to(tx: Tx, desk: Desk, text: str, room: RoomSettings) -> str:
    """The lines that answer a command; what may be typed, where it is none."""
    match text.split():
        case ["pending"]:
            return _listed([_asked(one, room.zone) for one in tx.requests.all((RequestState.AWAITING_APPROVAL,))])
        case ["leases"]:
            return _listed([_in_force(one, room.zone) for one in tx.leases.live()])
        case ["incident", *words]:
            return _incident(tx, words, room.prefix)
        case ["show", *words]:
            return _show(tx, desk, words, room)
        case _:
            return help_in_room(room.prefix)


def _show(tx: Tx, desk: Desk, words: list[str], room: RoomSettings) -> str:
    """All of what is asked, a page at a time."""
    request = tx.requests.get(words[0]) if words else None
    if request is None:
        return f"there is no such request: {room.prefix}show AR-…"
    found, again = pages(in_full_of(tx, desk, request.id, room.zone)), f"{room.prefix}show {request.id}"
    asked = words[1] if len(words) > 1 else "1"
    page = int(asked[:6]) if asked.isdecimal() else 0
    if not 1 <= page <= len(found):
        return f"{request.id} has {len(found)} pages: {again} {len(found)} is the last"
    left = f"\npage {page} of {len(found)}: {again} {page + 1}" if page < len(found) else ""
    return f"{found[page - 1]}{left}"


def _incident(tx: Tx, words: list[str], prefix: str) -> str:
    found = tx.incidents.get(words[0]) if words else None
    if found is None:
        return f"there is no such incident: {prefix}incident INC-…"
    verdict = f", judged {found.verdict.kind}" if found.verdict else ""
    head = f"{found.id}: {shown(found.title)}, severity {found.severity}, {found.state}{verdict}"
    return "\n".join((head, _listed([_action(one) for one in tx.requests.of(found.id)])))


def _action(request: Request) -> str:
    outcome = f": {shown(request.outcome)}" if request.outcome else ""
    return f"{request.id}: {request.action} on {shown(request.target)}: {request.state}{outcome}"


def _asked(request: Request, zone: ZoneInfo) -> str:
    until = "" if request.deadline is None else f", decide by {by_the_clock(request.deadline, zone)}"
    return f"{request.id}: {request.action} on {shown(request.target)}{until}"


def _in_force(lease: Lease, zone: ZoneInfo) -> str:
    until = "" if lease.expires_at is None else f", until {by_the_clock(lease.expires_at, zone)}"
    return f"{lease.id}: {lease.action} on {shown(lease.target)}: {lease.state}{until}"


def _listed(lines: list[str]) -> str:
    left = len(lines) - MOST
    more = [f"and {left} more: see the console"] if left > 0 else []
    return "\n".join((*lines[:MOST], *more)) or "none"
