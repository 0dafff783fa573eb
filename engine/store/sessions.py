"""Sessions and the links that open one, found by the digest of what somebody carries."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Text, bindparam, delete
from sqlmodel import Field, SQLModel

from engine.model.session import Session, SignInLink
from engine.store.rows import Rows, micros, table_of


class SessionRow(SQLModel, table=True):
    """One sign-in; one that is over stays for a while, so that what was done in it can be explained."""

    __tablename__ = "session"
    id: str = Field(primary_key=True)
    sha256: str = Field(unique=True)
    principal: str = Field(index=True)
    opened: int = Field(index=True, sa_type=BigInteger)
    body: str = Field(sa_column=Column(Text, nullable=False))


class SignInLinkRow(SQLModel, table=True):
    """A link that nobody has used."""

    __tablename__ = "sign_in_link"
    sha256: str = Field(primary_key=True)
    made: int = Field(index=True, sa_type=BigInteger)
    body: str = Field(sa_column=Column(Text, nullable=False))


SESSIONS, LINKS = table_of(SessionRow), table_of(SignInLinkRow)
OLD_SESSIONS = delete(SESSIONS).where(SESSIONS.c.opened < bindparam("before"))
ALL_LINKS = delete(LINKS)
OLD_LINKS = delete(LINKS).where(LINKS.c.made < bindparam("before"))


class Sessions:
    """Sessions as they are kept."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, SessionRow, Session)

    def get(self, session_id: str) -> Session | None:
        """The session, if there is one."""
        return self._rows.one(id=session_id)

    def by_digest(self, sha256: str) -> Session | None:
        """Whose cookie has this digest."""
        return self._rows.one(sha256=sha256)

    def of(self, principal: str) -> Sequence[Session]:
        """One principal's, oldest first."""
        return self._rows.all(principal=principal)

    def all(self) -> Sequence[Session]:
        """Everybody's, oldest first."""
        return self._rows.all()

    def insert(self, session: Session) -> None:
        """Add a session."""
        columns = {"id": session.id, "sha256": session.sha256, "principal": session.principal}
        self._rows.insert(session, **columns, opened=micros(session.opened_at))

    def save(self, session: Session) -> None:
        """Keep what changed of it."""
        self._rows.set(session, {"id": session.id})

    def forget(self, before: datetime) -> None:
        """Drop those that were opened before that instant."""
        self._rows.connection.execute(OLD_SESSIONS, {"before": micros(before)})


class SignInLinks:
    """Links that nobody has used."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, SignInLinkRow, SignInLink)

    def insert(self, link: SignInLink) -> None:
        """Add one."""
        self._rows.insert(link, sha256=link.sha256, made=micros(link.made_at))

    def get(self, sha256: str) -> SignInLink | None:
        """The link with this digest, if there is one."""
        return self._rows.one(sha256=sha256)

    def take(self, sha256: str) -> SignInLink | None:
        """The link with this digest, which is gone from now on: of many who come with it one gets it."""
        link = self._rows.one(sha256=sha256)
        return link if link is not None and self._rows.delete(sha256=sha256) else None

    def forget(self, before: datetime) -> None:
        """Drop those made before that instant."""
        self._rows.connection.execute(OLD_LINKS, {"before": micros(before)})

    def clear(self) -> None:
        """Drop all there are."""
        self._rows.connection.execute(ALL_LINKS)
