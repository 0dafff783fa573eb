"""Pages, and the messages that have still to go out."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Text, bindparam, func, select
from sqlmodel import Field, SQLModel

from engine.model.page import Message, Page, PageState
from engine.store.rows import Rows, bodies, micros, table_of
from engine.store.tables import EntryRow


class PageRow(SQLModel, table=True):
    """One page; `about` is its kind and cause, of which one at a time is not resolved."""

    __tablename__ = "page"
    id: str = Field(primary_key=True)
    about: str = Field(index=True)
    state: str = Field(index=True)
    next_at: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True, index=True))
    body: str = Field(sa_column=Column(Text, nullable=False))


class MessageRow(SQLModel, table=True):
    """A message in the order of writing; deleted once every channel that hears it has taken it."""

    __tablename__ = "message"
    id: str = Field(primary_key=True)
    body: str = Field(sa_column=Column(Text, nullable=False))


class ReadUntilRow(SQLModel, table=True):
    """How far a reader of the ledger has come."""

    __tablename__ = "read_until"
    reader: str = Field(primary_key=True)
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))


PAGES, MESSAGES, READ = table_of(PageRow), table_of(MessageRow), table_of(ReadUntilRow)
STANDING = bodies(PAGES).where(PAGES.c.state != PageState.RESOLVED)
CURRENT = STANDING.where(PAGES.c.about == bindparam("about"))
DUE = STANDING.where(PAGES.c.next_at <= bindparam("now"))
WAITING = bodies(MESSAGES).limit(bindparam("count"))
NEWEST = select(func.max(table_of(EntryRow).c.seq))
UNTIL = select(READ.c.seq).where(READ.c.reader == bindparam("reader"))


class Pages:
    """Pages by cause, state and time."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, PageRow, Page)

    def get(self, page_id: str) -> Page | None:
        """The page, if there is one."""
        return self._rows.one(id=page_id)

    def current(self, about: str) -> Page | None:
        """The page of a cause that is not resolved."""
        return next(iter(self._rows.chosen(CURRENT, {"about": about})), None)

    def standing(self) -> Sequence[Page]:
        """Every page that is not resolved, oldest first."""
        return self._rows.chosen(STANDING, {})

    def due(self, now: datetime) -> Sequence[Page]:
        """Those that are to go out again."""
        return self._rows.chosen(DUE, {"now": micros(now)})

    def all(self) -> Sequence[Page]:
        """Every page there was, oldest first."""
        return self._rows.all()

    def insert(self, page: Page) -> None:
        """Add a page."""
        self._rows.insert(page, id=page.id, about=page.about, state=page.state, next_at=_at(page))

    def save(self, page: Page, before: PageState) -> None:
        """Change a page that is still in state `before`."""
        self._rows.set(page, {"id": page.id, "state": before}, state=page.state, next_at=_at(page))


def _at(page: Page) -> int | None:
    return None if page.next_at is None else micros(page.next_at)


class Messages:
    """What has still to go out, in the order in which it was written."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, MessageRow, Message)

    def insert(self, message: Message) -> None:
        """Have it sent."""
        self._rows.insert(message, id=message.id)

    def get(self, message_id: str) -> Message | None:
        """The message, while it has still to go out."""
        return self._rows.one(id=message_id)

    def waiting(self, count: int) -> Sequence[Message]:
        """The oldest messages."""
        return self._rows.chosen(WAITING, {"count": count})

    def save(self, message: Message) -> None:
        """Keep what became of it so far."""
        self._rows.set(message, {"id": message.id})

    def delete(self, message_id: str) -> None:
        """Nobody has to hear of it any more."""
        self._rows.delete(id=message_id)

    def count(self) -> int:
        """How many there are."""
        return self._rows.connection.execute(select(func.count()).select_from(MESSAGES)).scalar_one()


class ReadUntil:
    """How far readers of the ledger have come, kept with what they made of it."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def get(self, reader: str) -> int | None:
        """The last entry read, None where none was."""
        return self._connection.execute(UNTIL, {"reader": reader}).scalar()

    def newest(self) -> int:
        """The last entry there is, -1 before the first."""
        last = self._connection.execute(NEWEST).scalar()
        return -1 if last is None else last

    def put(self, reader: str, seq: int) -> None:
        """Everything up to this entry is read."""
        row = READ.c.reader == reader
        changed = self._connection.execute(READ.update().where(row).values(seq=seq)).rowcount
        if not changed:
            self._connection.execute(READ.insert().values(reader=reader, seq=seq))
