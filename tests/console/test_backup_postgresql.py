"""A home whose database is a server's: copied without it, and put back beside its dump, frozen."""

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from console.backup import Backup, back_up, restore
from console.clock import now
from engine.errors import InvalidInput, StoreUnavailable
from engine.settings import Settings
from engine.store import postgresql
from tests.bench import on_bench
from tests.patience import PATIENCE_S
from tests.postgres import ENGINE, PORT, Postgres, name_in

AT = now()


@pytest.fixture
def database(home: Path, in_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Where every engine of the test has its record."""
    monkeypatch.setenv("FIRELINE_DATABASE_URL", in_server)
    return in_server


async def made(home: Path, to: Path) -> tuple[str, Backup]:
    """A backup of an engine that holds one effect; the request."""
    with on_bench(home, AT) as bench:
        await bench.later(timedelta(0))
        request = await bench.ask(target="203.0.113.1", lease=timedelta(minutes=5))
        await bench.respond(request.incident_id)
        return request.id, back_up(bench.settings, to, AT)


def tool(postgres: Postgres, name: str, *said: str | Path) -> None:
    command = [postgres.programs / name, "--host", postgres.folder, "--port", PORT, "--username", ENGINE, *said]
    subprocess.run(command, check=True, timeout=PATIENCE_S)


async def test_what_was_in_force_is_known_again_and_nothing_begins(
    home: Path, tmp_path: Path, postgres: Postgres, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, backup = await made(home, tmp_path / "backup")
    assert (backup.whole, "people.yaml" in backup.files) == (False, True)
    tool(postgres, "pg_dump", "--format=custom", "--file", tmp_path / "dump", name_in(database))
    with postgres.database("template0") as fresh:
        monkeypatch.setenv("FIRELINE_DATABASE_URL", fresh)
        settings = Settings(home=tmp_path / "new", policy="demo", site="demo")
        with pytest.raises(InvalidInput, match="put its dump back first"):
            await restore(tmp_path / "backup", settings, AT)
        tool(postgres, "pg_restore", "--dbname", name_in(fresh), tmp_path / "dump")
        await restore(tmp_path / "backup", settings, AT)
        with on_bench(tmp_path / "new", AT) as bench:
            await bench.later(timedelta(0))
            assert bench.request(request).state == "held"
            [frozen] = bench.read(lambda tx: tx.freezes.active(bench.now))
            assert (frozen.scope, frozen.principal) == ("global", "restore")
            assert (await bench.ask(target="203.0.113.9")).state == "denied"


async def test_beside_an_engine_that_runs_nothing_is_put_back(
    home: Path, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(home, tmp_path / "backup")
    with on_bench(home, AT):
        monkeypatch.setattr(postgresql, "WRITING", (*postgresql.WRITING, "SET lock_timeout = '50ms'"))
        with pytest.raises(StoreUnavailable, match="another engine has this database"):
            await restore(tmp_path / "backup", Settings(home=tmp_path / "new"), AT)
    assert not (tmp_path / "new").exists()


async def test_without_the_database_s_address_nothing_is_put_back(
    home: Path, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made(home, tmp_path / "backup")
    monkeypatch.delenv("FIRELINE_DATABASE_URL")
    with pytest.raises(InvalidInput, match="name that in `database_url`"):
        await restore(tmp_path / "backup", Settings(home=tmp_path / "new"), AT)
    assert not (tmp_path / "new").exists()


async def test_a_backup_with_its_database_is_not_put_back_beside_another(
    home: Path, tmp_path: Path, in_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, backup = await made(home, tmp_path / "backup")
    assert backup.whole
    monkeypatch.setenv("FIRELINE_DATABASE_URL", in_server)
    with pytest.raises(InvalidInput, match="names another: unset it"):
        await restore(tmp_path / "backup", Settings(home=tmp_path / "new"), AT)
    assert not (tmp_path / "new").exists()
