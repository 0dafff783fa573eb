"""Asking "what if" without an engine: one finding from a file, and an engine with nothing in its database."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import InvalidFile, InvalidInput

if TYPE_CHECKING:
    from engine.control.desk import Desk
    from engine.model.finding import Finding
    from engine.settings import Settings
    from engine.store.store import Store


def one_finding(file: Path) -> "Finding":
    """The finding in a file that holds exactly one; raise `InvalidInput` where it does not."""
    from detectors.intake.reader import Accepted, read
    from engine.model.intake import DeadLetter

    items = list(read(file))
    found = [item.finding for item in items if isinstance(item, Accepted)]
    unread = [item for item in items if isinstance(item, DeadLetter)]
    if unread and len(found) != 1:
        raise InvalidFile(tuple(InvalidInput(x.message, file=x.file, line=x.line, column=x.column) for x in unread))
    if len(found) != 1:
        raise InvalidInput(
            f"holds {len(found)} findings in {len(items)} records: name a file with exactly one", file=str(file)
        )
    return found[0]


@contextmanager
def empty_engine(settings: "Settings") -> "Iterator[tuple[Desk, Store]]":
    """What would decide under these settings, and an empty store; gone afterwards."""
    from console import first_run
    from console.cli.assembly import assemble
    from engine.store.database import sqlite_url
    from engine.store.store import Store

    with tempfile.TemporaryDirectory() as folder:
        first_run.init(Path(folder))
        parts = assemble(settings.model_copy(update={"home": Path(folder)}))
        store = Store(sqlite_url(Path(folder) / "empty.db"))
        try:
            yield parts.desk, store
        finally:
            store.close()
