"""A migrated database without rows, for tests that are not about the way there: it is gone once a process."""

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.store.database import migrate, sqlite_url


@cache
def empty_database() -> bytes:
    """The bytes of the SQLite file."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        migrate(sqlite_url(file))
        return file.read_bytes()
