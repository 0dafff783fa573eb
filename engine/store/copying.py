"""Copying a SQLite database that others may be writing to."""

import sqlite3
from contextlib import closing
from pathlib import Path

from engine.errors import InvalidInput


def copy_database(source: Path, to: Path) -> None:
    """The database as of one instant, by SQLite's own backup, into a file of its owner's alone.

    Raises `InvalidInput` for what is no database, or cannot be read.
    """
    to.touch(0o600)
    try:
        with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(to)) as writing:
            reading.backup(writing)
    except sqlite3.Error as error:
        raise InvalidInput(f"`{source}` cannot be copied: {error}") from error
