"""Where those who decide were signed in from lately."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Text, bindparam, delete
from sqlmodel import Field, SQLModel

from engine.model.signed_in import KEPT_FOR, SignedIn
from engine.store.rows import Rows, bodies, micros, table_of


class SignedInRow(SQLModel, table=True):
    """The last time somebody came from an address."""

    __tablename__ = "signed_in"
    principal: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    at: int = Field(index=True, sa_type=BigInteger)
    body: str = Field(sa_column=Column(Text, nullable=False))


SIGNED_IN = table_of(SignedInRow)
LATELY = bodies(SIGNED_IN).where(SIGNED_IN.c.at > bindparam("since"))
OLD = delete(SIGNED_IN).where(SIGNED_IN.c.at <= bindparam("since"))


class SignedIns:
    """People by address."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, SignedInRow, SignedIn)

    def lately(self, now: datetime) -> Sequence[SignedIn]:
        """Who came from where within `KEPT_FOR`."""
        return self._rows.chosen(LATELY, {"since": micros(now - KEPT_FOR)})

    def note(self, seen: SignedIn) -> None:
        """Somebody came from an address; what is too old to count goes."""
        self._rows.connection.execute(OLD, {"since": micros(seen.at - KEPT_FOR)})
        self._rows.delete(principal=seen.principal, address=seen.address)
        self._rows.insert(seen, principal=seen.principal, address=seen.address, at=micros(seen.at))
