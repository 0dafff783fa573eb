"""Queries over intelligence: what was imported, and what it says.

A large import is written in pieces, each a transaction of its own, so that nobody else waits long. Its last piece
adds its `intel_import` row, and with that all of it counts; until then, and for ever if it was broken off, none does.
"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, func, select

from engine.model.context import Indicator
from engine.model.intel import IntelImport, WarningList
from engine.store.intel_tables import IndicatorRow, IntelImportRow, WarningListRow
from engine.store.rows import Rows, insert_into, table_of

INDICATORS, IMPORTS, LISTS = table_of(IndicatorRow), table_of(IntelImportRow), table_of(WarningListRow)

COUNTING = (
    select(INDICATORS.c.key, INDICATORS.c.body)
    .join(IMPORTS, IMPORTS.c.number == INDICATORS.c.number)
    .order_by(INDICATORS.c.number)
)
LAST = select(func.max(IMPORTS.c.number))
LAST_BEGUN = select(func.max(INDICATORS.c.number))
BROKEN_OFF = delete(INDICATORS).where(INDICATORS.c.number.not_in(select(IMPORTS.c.number)))
OLDER = delete(INDICATORS).where(
    INDICATORS.c.key.in_(bindparam("keys", expanding=True)), INDICATORS.c.number < bindparam("number")
)


class Intelligence:
    """Imports, the indicators they brought, and warning lists."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection
        self._imports = Rows(connection, IntelImportRow, IntelImport)
        self._lists = Rows(connection, WarningListRow, WarningList)

    def imports(self) -> Sequence[IntelImport]:
        """Every import there was, oldest first."""
        return self._imports.all()

    def same_file(self, sha256: str) -> Sequence[IntelImport]:
        """Imports of exactly these bytes."""
        return self._imports.all(sha256=sha256)

    def next_number(self) -> int:
        """A number above every import there was, and every one that was begun."""
        found = (self._connection.execute(query).scalar() for query in (LAST, LAST_BEGUN))
        return 1 + max(number or 0 for number in found)

    def indicators(self) -> Mapping[str, Indicator]:
        """The newest version of every indicator of every import that counts."""
        found = {row.key: row.body for row in self._connection.execute(COUNTING)}
        return {key: Indicator.model_validate_json(body) for key, body in found.items()}

    def lists(self) -> Sequence[WarningList]:
        """Every warning list."""
        return self._lists.all()

    def add(self, number: int, indicators: Iterable[tuple[str, Indicator]]) -> None:
        """Write some of an import's indicators; they count once it is complete."""
        rows = [{"key": key, "number": number, "body": one.model_dump_json()} for key, one in indicators]
        if rows:
            self._connection.execute(insert_into(INDICATORS), rows)

    def complete(self, number: int, record: IntelImport, lists: Iterable[WarningList]) -> None:
        """Let an import count, with the warning lists it brought."""
        self._imports.insert(record, number=number, sha256=record.sha256, feed=record.feed)
        for one in lists:
            self._lists.delete(name=one.name)
            self._lists.insert(one, name=one.name, number=number)

    def forget_older(self, number: int, keys: Sequence[str]) -> None:
        """Drop the versions of these indicators from before an import."""
        self._connection.execute(OLDER, {"keys": keys, "number": number})

    def forget_broken_off(self) -> int:
        """Drop what imports left behind that were never completed; return how many rows."""
        return self._connection.execute(BROKEN_OFF).rowcount
