"""Requests in chat rooms, and who is who there."""

from collections.abc import Sequence

from sqlalchemy import Column, Connection, Text, bindparam, true
from sqlmodel import Field, SQLModel

from engine.model.chat import Enrolment, Thread
from engine.store.rows import Rows, bodies, table_of


class ThreadRow(SQLModel, table=True):
    """A request's card and thread in one room; `pending` while something of it has still to be carried there."""

    __tablename__ = "chat_thread"
    room: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    pending: bool = Field(index=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class EnrolmentRow(SQLModel, table=True):
    """Who a user of a room is."""

    __tablename__ = "chat_enrolment"
    room: str = Field(primary_key=True)
    user: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


THREADS = table_of(ThreadRow)
PENDING = bodies(THREADS).where(THREADS.c.room == bindparam("room"), THREADS.c.pending == true())


class Threads:
    """Cards and their threads by room and request."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ThreadRow, Thread)

    def get(self, room: str, request_id: str) -> Thread | None:
        """A request's thread in a room, if it was ever put there."""
        return self._rows.one(room=room, request_id=request_id)

    def of(self, request_id: str) -> Sequence[Thread]:
        """A request's threads in every room."""
        return self._rows.all(request_id=request_id)

    def pending(self, room: str) -> Sequence[Thread]:
        """What has still to be carried to a room."""
        return self._rows.chosen(PENDING, {"room": room})

    def insert(self, thread: Thread) -> None:
        """Put a request into a room."""
        self._rows.insert(thread, room=thread.room, request_id=thread.request_id, pending=thread.pending)

    def save(self, thread: Thread) -> None:
        """Keep what became of it."""
        self._rows.set(thread, {"room": thread.room, "request_id": thread.request_id}, pending=thread.pending)


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
