"""What one piece of work has read already: it stays true until the work itself changes the table.

Only the writer uses it, because only there nobody else writes meanwhile.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, Select, event

from engine.model.base import Model

KEY = "fireline.reads"

Reads = dict[str, dict[tuple[object, ...], Sequence[Model]]]
"""By table and question, the answer."""


def follow(engine: Engine) -> None:
    """Have every change through this engine forget what was read of its table."""
    event.listen(engine, "before_execute", _forget)


def begin(connection: Connection) -> None:
    """A piece of work begins: nothing is read yet."""
    connection.info[KEY] = {}


def end(connection: Connection) -> None:
    """It is over: what it read is nobody else's."""
    connection.info.pop(KEY, None)


def reads_of(connection: Connection) -> Reads | None:
    """What is read so far, None where nothing may be remembered."""
    reads: Reads | None = connection.info.get(KEY)
    return reads


def _forget(connection: Connection, statement: object, *_: object) -> None:
    reads = reads_of(connection)
    if not reads or isinstance(statement, Select):
        return
    table = getattr(statement, "table", None)
    if table is None:
        reads.clear()  # no statement of ours: whatever it changed
    else:
        reads.pop(table.name, None)
