"""`fireline up` as a real process: what it refuses, and that nothing is lost when it ends."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from actions.simulators.events import Op
from actions.simulators.faults import FaultKind
from actions.vault import Vault, digest_of
from console.cli.up import prepare
from console.people import FilePeople
from engine.model.base import Json
from engine.model.evidence import EvidenceKind, Receipt
from engine.settings import load
from tests.patience import PATIENCE_S
from tests.processes import Up, environment, fireline, run_here, until

BLOCK = ("actions", "request", "network.block_ip", "--target", "203.0.113.7", "--reason", "scanning")
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
UP = ("up", "--policy", "demo", "--site", "demo")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def up(place: Path) -> Iterator[Up]:
    """An engine; whatever a test leaves of it is stopped."""
    engine = Up(place, *UP)
    yield engine
    if engine.process.poll() is None:
        assert engine.interrupt() == 0


def placed(engine: Up) -> int:
    """How often something was done to the site."""
    return sum(event.op is Op.PLACED for event in engine.site.history())


def in_state(engine: Up, state: str) -> Json | None:
    return next(iter(engine.leases_in(state)), None)


def test_its_first_line_is_its_address_and_that_is_healthy(up: Up) -> None:
    assert up.first_line.startswith("http://127.0.0.1:")
    answer = httpx.get(f"{up.first_line}/healthz", trust_env=False, timeout=PATIENCE_S)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_evidence_that_outlived_its_retention_while_nothing_ran_is_gone(place: Path) -> None:
    vault = Vault(place / "site" / "evidence", lambda: LONG_AGO)
    kind, digest = EvidenceKind.LOG, digest_of(b"x")
    old = Receipt(kind=kind, target="ws-1", digest=digest, size=1, truncated=False, taken_at=LONG_AGO)
    vault.keep("fl-1", b"x", old)
    engine = Up(place, *UP)
    until(lambda: vault.receipt("fl-1") is None or None, "the receipt is gone")
    until(lambda: vault.content(digest) is None or None, "the content is gone")
    assert engine.interrupt() == 0


def test_what_it_writes_is_its_owner_s_alone_even_in_a_home_that_everybody_could_read(place: Path) -> None:
    place.mkdir()
    place.chmod(0o755)
    engine = Up(place, *UP)
    engine.ask(*BLOCK)
    written = {path.name: path.stat().st_mode & 0o077 for path in (place, *place.iterdir()) if not path.is_symlink()}
    assert engine.interrupt() == 0
    assert {name for name, open_to_others in written.items() if open_to_others} == set()
    assert written.keys() >= {"home", "fireline.db", "fireline.db-wal"}


def test_a_new_home_on_a_site_of_one_s_own_has_no_people_of_the_demo(home: Path) -> None:
    site = home.parent / "site.yaml"
    prepare(load({"site": str(site)}), str(site))
    assert [person.id for person in FilePeople(home / "people.yaml").all()] == ["admin"]


def test_a_second_one_under_the_same_home_is_refused_and_the_first_goes_on(up: Up) -> None:
    second = fireline(up.home, *UP)
    assert (second.returncode, second.stdout) == (1, "")
    assert "already runs" in second.stderr
    assert up.ask("status")["stuck"] == []


def test_a_taken_port_is_refused_with_the_remedy(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = fireline(place, *UP, "--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (2, "")
    assert "is taken: choose another with --port" in done.stderr


def test_a_taken_temporal_port_is_refused_with_its_setting(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = fireline(place, *UP, FIRELINE_TEMPORAL_PORT=str(taken.getsockname()[1]))
    assert (done.returncode, done.stdout) == (2, "")
    assert "FIRELINE_TEMPORAL_PORT names it" in done.stderr


def test_without_temporal_it_says_what_is_missing(place: Path, tmp_path: Path) -> None:
    # A python that has no `temporal` beside it, nor on the PATH.
    python = tmp_path / "python"
    python.symlink_to(Path(sys.executable).resolve())
    nowhere = {"PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = fireline(place, *UP, python=str(python), **nowhere)
    assert (done.returncode, done.stdout) == (3, "")
    assert "no `temporal` beside python nor on PATH" in done.stderr


def test_ctrl_c_in_the_middle_of_an_execution_loses_and_doubles_nothing(up: Up) -> None:
    up.site.faults.switch_on(FaultKind.SLOW, times=1, delay=timedelta(seconds=4))
    up.ask(*BLOCK, "--lease", "5m")
    until(lambda: in_state(up, "applying"), "the execution begins")
    assert up.interrupt() == 0
    again = Up(up.home, *UP)
    until(lambda: in_state(again, "active"), "the execution goes on")
    assert placed(again) == 1
    assert again.interrupt() == 0


def test_kill_9_of_everything_loses_and_doubles_nothing(up: Up) -> None:
    up.ask(*BLOCK, "--lease", "12s")
    asked = up.ask("actions", "request", "network.block_ip", "--target", "10.20.16.114", "--reason", "x")
    until(lambda: in_state(up, "active"), "the block is in force")
    up.kill()
    assert run_here(up.home, "status").returncode == 3
    again = Up(up.home, *UP)
    assert [one["id"] for one in again.ask("approvals", "list", "--all")["approvals"]] == [asked["id"]]  # type: ignore[union-attr, index, call-overload]
    until(lambda: in_state(again, "released"), "the block ends by itself")
    assert placed(again) == 1
    assert asyncio.run(_standing(again)) == 0
    assert again.interrupt() == 0
    assert run_here(up.home, "ledger", "verify").returncode == 0


async def _standing(engine: Up) -> int:
    return len(await engine.site.owned())


def test_the_environment_of_these_tests_is_nobody_s(place: Path) -> None:
    assert [name for name in environment(place) if name.startswith("FIRELINE_")] == ["FIRELINE_HOME"]
