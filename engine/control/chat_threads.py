"""What chat rooms are to show: read from the ledger, so that whatever moves a request, none is left out.

Rules: 1. What was read and what is to be said of it are one transaction: each line is written once, however often the
engine dies. 2. A request comes to a room while people are asked about it, on one card (`engine.control.card_places`),
and the card's thread follows it to the end; what was decided while there was no room comes to none. 3. On a simulated
site nothing is said, unless the site wants that. 4. Who is asked at a step is reminded alone, where cards stand.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from zoneinfo import ZoneInfo

from engine.chat_lines import line_of
from engine.control.card_places import place
from engine.control.desk import Desk
from engine.control.reminding import remind
from engine.model.action import Executor
from engine.model.chat import CardPace, Thread, ThreadLine
from engine.model.entry import Entry
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

READER = "chat"
ASKED = "approval.asked"
USUAL = CardPace()
Paces = Mapping[str, CardPace]
"""By room, how many new cards anybody there is asked by, and by which clock; `USUAL` where it says nothing."""
Happened = tuple[Entry, Request]


def is_followed(entry: Entry) -> bool:
    """Whether threads speak of an entry at all."""
    return entry.subject.startswith(("request/", "lease/")) and line_of(entry) is not None


def follow(
    tx: Tx,
    desk: Desk,
    rooms: Sequence[str],
    entries: Sequence[Entry],
    read: int,
    simulated: bool,
    paces: Paces | None = None,
) -> None:
    """Put what these entries say into every room, and keep that the ledger is read up to `read`.

    What another reader took in meanwhile is said already.
    """
    before = tx.read_until.get(READER)
    entries = [entry for entry in entries if before is None or entry.seq > before]
    if not entries:
        return
    happened = [(entry, request) for entry in filter(is_followed, entries) for request in _requests(tx, entry)]
    for entry, request in happened:
        waits = entry.kind == ASKED and request.state is RequestState.AWAITING_APPROVAL
        if waits and (simulated or not _is_simulated(desk, request)):
            # All that is read together comes together.
            _ask(tx, desk, rooms, request, entries[-1].at, paces)
    told = dict[tuple[str, str], list[Happened]]()
    for entry, request in happened:
        for thread in tx.threads.of(request.id):
            told.setdefault((thread.room, thread.request_id), []).append((entry, request))
    for card, lines in told.items():
        _tell(tx, *card, lines, _zone(paces, card[0]))
    remind(tx, desk, happened, partial(_zone, paces))
    tx.read_until.put(READER, read)


def begin(tx: Tx, desk: Desk, rooms: Sequence[str], simulated: bool, paces: Paces | None = None) -> None:
    """What people are asked right now comes to every room that has it not yet, and nothing of the past."""
    asked = tx.requests.all((RequestState.AWAITING_APPROVAL,))
    now = max((one.asked_at for one in asked if one.asked_at is not None), default=None)
    for request in asked:
        if now is not None and (simulated or not _is_simulated(desk, request)):
            _ask(tx, desk, rooms, request, now, paces)
    if tx.read_until.get(READER) is None:
        tx.read_until.put(READER, tx.read_until.newest())


def _requests(tx: Tx, entry: Entry) -> list[Request]:
    of, _, name = entry.subject.partition("/")
    ids = [name] if of == "request" else [holder.request_id for holder in tx.holders.of(name)]
    return [request for request in map(tx.requests.get, ids) if request is not None]


def _is_simulated(desk: Desk, request: Request) -> bool:
    return desk.executors.get(request.connector) is Executor.SIMULATED


def _ask(tx: Tx, desk: Desk, rooms: Sequence[str], request: Request, now: datetime, paces: Paces | None) -> None:
    site = "simulated" if _is_simulated(desk, request) else "real"
    for room in rooms:
        place(tx, room, _pace(paces, room), request, site, now)


def _pace(paces: Paces | None, room: str) -> CardPace:
    return (paces or {}).get(room, USUAL)


def _zone(paces: Paces | None, room: str) -> ZoneInfo:
    return _pace(paces, room).zone


def _tell(tx: Tx, room: str, first: str, happened: Iterable[Happened], zone: ZoneInfo) -> None:
    card = tx.threads.card(room, first)
    if card is None:
        return
    lines = (*card.waiting, *_lines(card, happened, zone))
    tx.threads.save(card.model_copy(update={"changed": card.changed + 1, "waiting": lines}))


def _lines(card: Thread, happened: Iterable[Happened], zone: ZoneInfo) -> Iterator[ThreadLine]:
    """What is to be said; what is the same of several requests in a row is said once, with the names of all."""
    for text, of in groupby(happened, lambda one: line_of(one[0], zone) or ""):
        [*those] = of
        names = ", ".join(dict.fromkeys(request.id for _, request in those))
        said = text if len(card.requests) == 1 else f"{names} · {text}"
        yield ThreadLine(key=str(those[0][0].seq), text=said)
