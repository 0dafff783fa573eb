"""The doctor before a record that stands in a server."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from console import first_run
from console.cli.assembly import LEDGER_ORIGIN
from console.clock import now
from engine.control.moves import note
from engine.ledger import keys
from engine.settings import make_private
from engine.store.store import Store
from tests.console.cli.conftest import Run
from tests.ports import free_port


def test_it_reads_the_record_there_and_says_what_may_lose_it(
    home: Path, in_server: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_run.init(home, "demo")
    monkeypatch.setenv("FIRELINE_DATABASE_URL", in_server)
    with closing(Store(in_server)) as store:
        asyncio.run(store.write(lambda tx: note(tx, "subject/1", "noted", now(), {"n": 1}, "t")))
        done = run("doctor", "--json")
    lines = done.json["checks"]
    assert isinstance(lines, list)
    said = [line for line in lines if isinstance(line, dict) and line["check"] in ("database", "ledger")]
    assert [(line["health"], line["said"]) for line in said] == [
        ("fail", "the server's `fsync` is off: a power cut may lose the record"),
        ("fail", "the server's `full_page_writes` is off: a power cut may lose the record"),
        ("pass", "1 entries, none sealed yet"),
    ]
    assert "restore from a backup" not in str(said)


def test_a_server_that_refuses_is_looked_for_and_nothing_restored(
    home: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_run.init(home, "demo")
    monkeypatch.setenv("FIRELINE_DATABASE_URL", f"postgresql+psycopg://fireline@127.0.0.1:{free_port()}/fireline")
    done = run("doctor", "--json")
    lines = done.json["checks"]
    assert isinstance(lines, list)
    said = [line for line in lines if isinstance(line, dict) and line["check"] in ("database", "ledger")]
    assert [(line["check"], line["health"]) for line in said] == [("database", "away"), ("ledger", "away")]
    assert all("`database_url`" in str(line["remedy"]) for line in said)
    assert "restore from a backup" not in str(said)


@pytest.mark.parametrize("command", [("ledger", "verify"), ("policy", "what-if", "--policy", "demo")])
def test_commands_that_need_no_engine_read_it_beside_one(
    home: Path, in_server: str, run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    first_run.init(home, "demo")
    keys.load_or_make(make_private(home / "keys"), LEDGER_ORIGIN)
    monkeypatch.setenv("FIRELINE_DATABASE_URL", in_server)
    with closing(Store(in_server)) as store:
        asyncio.run(store.write(lambda tx: note(tx, "subject/1", "noted", now(), {"n": 1}, "t")))
        done = run(*command)
    assert done.code == 0, done.err
