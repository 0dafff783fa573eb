"""Requests in chat rooms, and who is who there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Index, Text, bindparam, func, true
from sqlmodel import Field, SQLModel

from engine.model.chat import Enrolment, Thread
from engine.store.rows import Rows, bodies, insert_into, micros, table_of


class ThreadRow(SQLModel, table=True):
    """A card and its thread in one room; `pending` while something of it has still to be carried there."""

    __tablename__ = "chat_thread"
    __table_args__ = (Index("chat_thread_about", "room", "about"), Index("chat_thread_begun", "room", "begun_at"))
    room: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    pending: bool = Field(index=True)
    about: str
    begun_at: int = Field(sa_column=Column(BigInteger, nullable=False))
    body: str = Field(sa_column=Column(Text, nullable=False))


class ItemRow(SQLModel, table=True):
    """On which card of a room a request stands: on one, whatever happens at once."""

    __tablename__ = "chat_item"
    room: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True, index=True)
    card: str


class EnrolmentRow(SQLModel, table=True):
    """Who a user of a room is."""

    __tablename__ = "chat_enrolment"
    room: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


THREADS, ITEMS = table_of(ThreadRow), table_of(ItemRow)
ROOM = THREADS.c.room == bindparam("room")
PENDING = bodies(THREADS).where(ROOM, THREADS.c.pending == true())
STANDS = bodies(THREADS).where(
    ITEMS.c.request_id == bindparam("request_id"), THREADS.c.room == ITEMS.c.room, THREADS.c.request_id == ITEMS.c.card
)
STANDS_IN = STANDS.where(ROOM)
SINCE = bodies(THREADS).where(ROOM, THREADS.c.begun_at > bindparam("since"))
NEWEST = (
    bodies(THREADS)
    .where(ROOM, THREADS.c.about == bindparam("about"))
    .order_by(None)
    .order_by(func.length(THREADS.c.request_id).desc(), THREADS.c.request_id.desc())
    .limit(1)
)
"""Requests are numbered, and a card has the number of the first on it."""


class Threads:
    """Cards and their threads by room and request."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ThreadRow, Thread)

    def get(self, room: str, request_id: str) -> Thread | None:
        """The card on which a request stands in a room, if it was ever put there."""
        return next(iter(self._rows.chosen(STANDS_IN, {"room": room, "request_id": request_id})), None)

    def of(self, request_id: str) -> Sequence[Thread]:
        """The cards on which a request stands, in every room."""
        return self._rows.chosen(STANDS, {"request_id": request_id})

    def card(self, room: str, first: str) -> Thread | None:
        """The card that began with a request."""
        return self._rows.one(room=room, request_id=first)

    def newest(self, room: str, about: str) -> Thread | None:
        """The newest card about something."""
        return next(iter(self._rows.chosen(NEWEST, {"room": room, "about": about})), None)

    def since(self, room: str, at: datetime) -> Sequence[Thread]:
        """The cards that were begun in a room after this."""
        return self._rows.chosen(SINCE, {"room": room, "since": micros(at)})

    def pending(self, room: str) -> Sequence[Thread]:
        """What has still to be carried to a room."""
        return self._rows.chosen(PENDING, {"room": room})

    def insert(self, thread: Thread) -> None:
        """Put a card into a room, and what is on it."""
        begun = 0 if thread.begun_at is None else micros(thread.begun_at)
        columns = {"room": thread.room, "request_id": thread.request_id, "about": thread.about, "begun_at": begun}
        self._rows.insert(thread, **columns, pending=thread.pending)
        for request_id in thread.requests:
            self._stand(thread, request_id)

    def add(self, thread: Thread, request_id: str) -> None:
        """Keep what became of a card, on which a request stands from now on."""
        self._stand(thread, request_id)
        self.save(thread)

    def save(self, thread: Thread) -> None:
        """Keep what became of it."""
        self._rows.set(thread, {"room": thread.room, "request_id": thread.request_id}, pending=thread.pending)

    def _stand(self, thread: Thread, request_id: str) -> None:
        row = {"room": thread.room, "request_id": request_id, "card": thread.request_id}
        self._rows.connection.execute(insert_into(ITEMS), row)


class Enrolments:
    """Who users of rooms are."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, EnrolmentRow, Enrolment)

    def get(self, room: str, user: str) -> Enrolment | None:
        """Who a user of a room was when last looked."""
        return self._rows.one(room=room, user=user)

    def all(self) -> Sequence[Enrolment]:
        """Everybody in every room."""
        return self._rows.all()

    def put(self, enrolment: Enrolment) -> None:
        """Keep, or replace, who a user is."""
        self.forget(enrolment.room, enrolment.user)
        self._rows.insert(enrolment, room=enrolment.room, user=enrolment.user)

    def forget(self, room: str, user: str) -> None:
        """Nobody is this user any more."""
        self._rows.delete(room=room, user=user)
