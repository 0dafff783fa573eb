"""Reading and writing models that stand as JSON in a row's `body`."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection, Table, insert, select, update
from sqlalchemy.sql import ColumnElement
from sqlmodel import SQLModel

from engine.errors import StaleState
from engine.model.base import Model

M = TypeVar("M", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    """The inverse of `micros`."""
    return EPOCH + value * MICROSECOND


def table_of(row: type[SQLModel]) -> Table:
    """The Core table behind a SQLModel class."""
    table = SQLModel.metadata.tables[str(row.__tablename__)]
    return table


class Rows(Generic[M]):
    """One table of models. Keys are the first primary-key column."""

    def __init__(self, connection: Connection, row: type[SQLModel], model: type[M]) -> None:
        """Read and write `model` in `row`'s table through this connection."""
        self.connection, self.table, self.model = connection, table_of(row), model
        self.key = self.table.primary_key.columns.values()[0]

    def get(self, key: str) -> M | None:
        """The model under its key."""
        return self.first(self.key == key)

    def first(self, *where: ColumnElement[bool], order: ColumnElement[object] | None = None) -> M | None:
        """The first match, by `order` if given."""
        query = select(self.table.c.body).where(*where).limit(1)
        body = self.connection.execute(query if order is None else query.order_by(order)).scalar()
        return None if body is None else self.model.model_validate_json(body)

    def all(self, *where: ColumnElement[bool]) -> Sequence[M]:
        """Every match, in the order of their keys."""
        query = select(self.table.c.body).where(*where).order_by(self.key)
        return [self.model.model_validate_json(body) for body in self.connection.execute(query).scalars()]

    def insert(self, model: M, **columns: object) -> None:
        """Add a row; an existing key is an integrity error."""
        self.connection.execute(insert(self.table), {"body": model.model_dump_json(), **columns})

    def set(self, where: Sequence[ColumnElement[bool]], model: M, **columns: object) -> None:
        """Change exactly one row, or raise `StaleState` where none matches (compare-and-set)."""
        statement = update(self.table).where(*where).values(body=model.model_dump_json(), **columns)
        if self.connection.execute(statement).rowcount != 1:
            raise StaleState(f"`{self.table.name}` is not what it was when read")
