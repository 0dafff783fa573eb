"""What chat rooms are to show: read from the ledger, so that whatever moves a request, none is left out.

Rules: 1. What was read and what is to be said of it are one transaction: each line is written once, however often the
engine dies. 2. A request comes to a room while people are asked about it, and its thread follows it to the end; what
was decided while there was no room comes to none. 3. On a simulated site nothing is said, unless the site wants that.
"""

from collections.abc import Iterable, Sequence

from engine.chat_lines import line_of
from engine.control.desk import Desk
from engine.model.action import Executor
from engine.model.chat import Thread, ThreadLine
from engine.model.entry import Entry
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

READER = "chat"
ASKED = "approval.asked"


def is_followed(entry: Entry) -> bool:
    """Whether threads speak of an entry at all."""
    return entry.subject.startswith(("request/", "lease/")) and line_of(entry) is not None


def follow(tx: Tx, desk: Desk, rooms: Sequence[str], entries: Iterable[Entry], read: int, simulated: bool) -> None:
    """Put what these entries say into every room, and keep that the ledger is read up to `read`."""
    for entry in filter(is_followed, entries):
        for request in _requests(tx, entry):
            waits = entry.kind == ASKED and request.state is RequestState.AWAITING_APPROVAL
            if waits and (simulated or not _is_simulated(desk, request)):
                _open(tx, rooms, request)
            for thread in tx.threads.of(request.id):
                tx.threads.save(_told(thread, entry))
    tx.read_until.put(READER, read)


def begin(tx: Tx, desk: Desk, rooms: Sequence[str], simulated: bool) -> None:
    """What people are asked right now comes to every room that has it not yet, and nothing of the past."""
    for request in tx.requests.all((RequestState.AWAITING_APPROVAL,)):
        if simulated or not _is_simulated(desk, request):
            _open(tx, rooms, request)
    if tx.read_until.get(READER) is None:
        tx.read_until.put(READER, tx.read_until.newest())


def _requests(tx: Tx, entry: Entry) -> list[Request]:
    of, _, name = entry.subject.partition("/")
    ids = [name] if of == "request" else [holder.request_id for holder in tx.holders.of(name)]
    return [request for request in map(tx.requests.get, ids) if request is not None]


def _is_simulated(desk: Desk, request: Request) -> bool:
    return desk.executors.get(request.connector) is Executor.SIMULATED


def _open(tx: Tx, rooms: Sequence[str], request: Request) -> None:
    for room in rooms:
        if tx.threads.get(room, request.id) is None:
            tx.threads.insert(Thread(room=room, request_id=request.id))


def _told(thread: Thread, entry: Entry) -> Thread:
    line = ThreadLine(key=str(entry.seq), text=line_of(entry) or "")
    return thread.model_copy(update={"changed": thread.changed + 1, "waiting": (*thread.waiting, line)})
