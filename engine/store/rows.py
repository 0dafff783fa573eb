"""Reading and writing models that stand as JSON in a row's `body`.

Statements are built once for each set of columns, for building costs three times what executing does; and what was read
once in a piece of work, or parsed before, is neither read nor parsed again: models are never changed in place.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Generic, TypeVar

from sqlalchemy import (
    Connection,
    Delete,
    Integer,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.sql import ColumnElement
from sqlmodel import SQLModel

from engine.errors import StaleState
from engine.model.base import Model
from engine.store.reads import reads_of

M = TypeVar("M", bound=Model)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PARSED = 1024
"""Bodies that are kept parsed."""


def micros(at: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (at - EPOCH) // MICROSECOND


def instant(value: int) -> datetime:
    """The inverse of `micros`."""
    return EPOCH + value * MICROSECOND


def table_of(row: type[SQLModel]) -> Table:
    """The Core table behind a SQLModel class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


@lru_cache(PARSED)
def _parsed(model: type[Model], body: str) -> Model:
    return model.model_validate_json(body)


insert_into = cache(insert)
"""The insertion into a table, built once."""


@cache
def bodies(table: Table, columns: tuple[str, ...] = ()) -> Select[str]:
    """The bodies of rows by the values of `columns`, in the order of their keys."""
    return select(table.c.body).where(*_equal(table, columns)).order_by(*_key_order(table))


@cache
def _newest(table: Table, columns: tuple[str, ...], newest: str) -> Select[str]:
    return select(table.c.body).where(*_equal(table, columns)).order_by(table.c[newest].desc()).limit(1)


@cache
def _change(table: Table, columns: tuple[str, ...]) -> Update:
    return update(table).where(*_equal(table, columns, "was_"))


@cache
def _deletion(table: Table, columns: tuple[str, ...]) -> Delete:
    return delete(table).where(*_equal(table, columns))


def _equal(table: Table, columns: Sequence[str], prefix: str = "") -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(prefix + name) for name in columns]


def _key_order(table: Table) -> list[ColumnElement[object]]:
    """By the primary key; ids with a number (`AR-9999`, `AR-10000`) by their length first."""
    return [by for column in table.primary_key.columns for by in _shortest_first(column)]


def _shortest_first(column: ColumnElement[object]) -> list[ColumnElement[object]]:
    return [column] if isinstance(column.type, Integer) else [func.length(column), column]


class Rows(Generic[M]):
    """One table of models; rows are found by the exact values of columns."""

    def __init__(self, connection: Connection, row: type[SQLModel], model: type[M]) -> None:
        """Read and write `model` in `row`'s table through this connection."""
        self.connection, self.table, self._model = connection, table_of(row), model

    def one(self, **equal: object) -> M | None:
        """The match, where there is one."""
        return next(iter(self._asked(bodies(self.table, tuple(equal)), equal, "")), None)

    def newest(self, by: str, **equal: object) -> M | None:
        """The match with the highest value of column `by`."""
        return next(iter(self._asked(_newest(self.table, tuple(equal), by), equal, by)), None)

    def all(self, **equal: object) -> Sequence[M]:
        """Every match, in the order of their keys."""
        return self._asked(bodies(self.table, tuple(equal)), equal, "")

    def chosen(self, query: Select[str], values: Mapping[str, object]) -> Sequence[M]:
        """The models in the bodies that a query gives."""
        found = self.connection.execute(query, values).scalars().all()
        return [_parsed(self._model, body) for body in found]  # type: ignore[misc]

    def insert(self, model: M, **columns: object) -> None:
        """Add a row; one that is there already makes the whole piece of work fail with `StaleState`."""
        self.connection.execute(insert_into(self.table), {"body": model.model_dump_json(), **columns})

    def set(self, model: M, was: Mapping[str, object], **columns: object) -> None:
        """Change the one row whose columns are as they `was`, or raise `StaleState` (compare-and-set)."""
        values = {"body": model.model_dump_json(), **columns, **{f"was_{name}": value for name, value in was.items()}}
        if self.connection.execute(_change(self.table, tuple(was)), values).rowcount != 1:
            raise StaleState(f"`{self.table.name}` is not what it was when read")

    def delete(self, **equal: object) -> int:
        """Delete every match; return how many there were."""
        return self.connection.execute(_deletion(self.table, tuple(equal)), equal).rowcount

    def _asked(self, query: Select[str], equal: Mapping[str, object], by: str) -> Sequence[M]:
        """The answer to a question about this table alone, asked once in a piece of work."""
        reads = reads_of(self.connection)
        if reads is None:
            return self.chosen(query, equal)
        answers, question = reads.setdefault(self.table.name, {}), (by, *equal.items())
        if question not in answers:
            answers[question] = self.chosen(query, equal)
        return [*answers[question]]  # type: ignore[list-item]
