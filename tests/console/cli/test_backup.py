"""A backup of a running engine, put back after everything was killed; and Temporal's database older than ours."""

import json
import shutil
from pathlib import Path

import pytest

from console import first_run
from engine.model.base import Json
from tests.bench import DATABASE
from tests.console.cli.conftest import Run
from tests.empty_database import empty_database
from tests.processes import Up, fireline, run_here, until

BLOCK = ("actions", "request", "network.block_ip", "--target", "203.0.113.7", "--reason", "scanning")
UP = ("up", "--policy", "demo", "--site", "demo")


def leases(engine: Up, state: str) -> list[Json]:
    listed = engine.ask("leases", "list")["leases"]
    assert isinstance(listed, list)
    return [lease for lease in listed if isinstance(lease, dict) and lease["state"] == state]


def test_what_a_running_engine_held_is_released_by_the_restored_one(tmp_path: Path) -> None:
    first = Up(tmp_path / "home", *UP)
    first.ask(*BLOCK, "--lease", "8s")
    until(lambda: leases(first, "active"), "it is blocked")
    made = fireline(first.home, "backup", str(tmp_path / "backup"))
    assert (made.returncode, "it holds keys and tokens" in made.stdout) == (0, True)
    first.kill()

    restored = fireline(tmp_path / "new", "restore", str(tmp_path / "backup"), "--json")
    assert restored.returncode == 0, restored.stderr
    assert {"fireline.db", "temporal/temporal.db"} <= json.loads(restored.stdout)["files"].keys()
    second = Up(tmp_path / "new", *UP)
    until(lambda: leases(second, "released") or leases(second, "surrendered"), "what was held is over")
    frozen = second.ask("status")["frozen"]
    assert isinstance(frozen, list)
    assert [one["scope"] for one in frozen if isinstance(one, dict)] == ["global"]
    assert run_here(second.home, "ledger", "verify").returncode == 0
    assert second.interrupt() == 0


def test_a_temporal_database_that_is_older_than_ours_loses_no_release(tmp_path: Path) -> None:
    up = Up(tmp_path / "home", *UP)
    assert up.interrupt() == 0
    older = tmp_path / "older.db"
    shutil.copyfile(up.home / "temporal" / "temporal.db", older)

    up = Up(tmp_path / "home", *UP)
    up.ask(*BLOCK, "--lease", "8s")
    until(lambda: leases(up, "active"), "it is blocked")
    assert up.interrupt() == 0
    for file in (up.home / "temporal").glob("temporal.db*"):
        file.unlink()
    shutil.copyfile(older, up.home / "temporal" / "temporal.db")

    up = Up(tmp_path / "home", *UP)
    until(lambda: leases(up, "released"), "it is released by a workflow that was started anew")
    assert up.interrupt() == 0


@pytest.mark.parametrize("command", [("backup", "somewhere"), ("restore", "nowhere")])
def test_what_cannot_be_done_is_said(run: Run, home: Path, tmp_path: Path, command: tuple[str, str]) -> None:
    done = run(command[0], str(tmp_path / command[1]))
    assert (done.code, "there is no database in" in done.err or "is no backup" in done.err) == (2, True)


def test_programs_hear_whether_the_database_is_in_it(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_run.init(home)
    (home / DATABASE).write_bytes(empty_database())
    assert run("backup", str(tmp_path / "whole"), "--json").json["whole"] is True
    monkeypatch.setenv("FIRELINE_DATABASE_URL", "postgresql+psycopg://fireline@db.example/fireline")
    parted = run("backup", str(tmp_path / "parted"), "--json")
    assert (parted.json["whole"], "dump it now (`pg_dump`)" in parted.err) == (False, True)


def test_which_engine_a_site_has_to_start_is_its_own_to_know(run: Run, home: Path, tmp_path: Path) -> None:
    first_run.init(home)
    (home / DATABASE).write_bytes(empty_database())
    run("backup", str(tmp_path / "backup"))
    restored = run("restore", str(tmp_path / "backup"), "--home", str(tmp_path / "new"))
    assert (restored.code, "start the engine" in restored.err, "fireline up" in restored.err) == (0, True, False)
