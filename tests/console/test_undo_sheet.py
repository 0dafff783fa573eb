"""The undo sheet's file follows what is in force, and outlives the engine."""

import stat
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from console.clock import now
from console.undo_sheet import SheetKeeper
from engine.control.moves import key_of
from tests.bench import Bench, on_bench


@pytest.fixture
async def bench(home: Path) -> AsyncIterator[Bench]:
    with on_bench(home, now()) as made:
        await made.later(timedelta(0))
        yield made


def keeper(bench: Bench, path: Path) -> SheetKeeper:
    return SheetKeeper(bench.store, bench.desks, path, lambda: bench.now)


async def test_it_is_written_at_every_change_and_for_its_owner_alone(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "undo.txt"
    keeping = keeper(bench, path)
    await keeping.look()
    assert ": 0 effects" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    request = await bench.ask()
    await bench.respond(request.incident_id)
    await keeping.look()
    assert "L-0001  network.block_ip  203.0.113.7  active  [SIMULATED SITE]" in path.read_text()

    await bench.later(timedelta(days=1))
    await bench.carry(key_of(request))
    await keeping.look()
    assert ": 0 effects" in path.read_text()


async def test_without_a_change_nothing_is_written(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "undo.txt"
    keeping = keeper(bench, path)
    await keeping.look()
    path.write_text("read by somebody")
    await bench.later(timedelta(minutes=1))
    await keeping.look()
    assert path.read_text() == "read by somebody"


async def test_a_place_that_is_away_is_said_and_tried_again(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    share = tmp_path / "share"
    keeping = keeper(bench, share / "undo.txt")
    await keeping.look()
    assert "the undo sheet cannot be kept in" in caplog.text
    share.mkdir()
    await keeping.look()
    assert ": 0 effects" in (share / "undo.txt").read_text()


async def test_a_half_written_sheet_never_stands_in_place_of_a_whole_one(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "undo.txt"
    await keeper(bench, path).look()
    whole = path.read_text()

    def full(descriptor: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("os.fsync", full)
    await keeper(bench, path).look()
    assert path.read_text() == whole
