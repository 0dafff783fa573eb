"""A database is copied as of one instant, whoever writes to it meanwhile."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.store.copying import copy_database


def test_what_is_committed_is_copied_and_what_is_not_is_left_out(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as writing:
        writing.execute("PRAGMA journal_mode=WAL")
        writing.execute("CREATE TABLE t (n)")
        writing.execute("INSERT INTO t VALUES (1)")
        writing.execute("BEGIN IMMEDIATE")
        writing.execute("INSERT INTO t VALUES (2)")
        copy_database(tmp_path / "a.db", tmp_path / "b.db")
        writing.execute("COMMIT")
    with closing(sqlite3.connect(tmp_path / "b.db")) as copied:
        assert copied.execute("SELECT n FROM t").fetchall() == [(1,)]
    assert stat.S_IMODE((tmp_path / "b.db").stat().st_mode) == 0o600


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_text("a letter to my mother, much longer than the header of any database there is")
    with pytest.raises(InvalidInput, match="cannot be copied"):
        copy_database(tmp_path / "a.db", tmp_path / "b.db")
