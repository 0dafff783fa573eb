"""How a long attack is cut into rounds, and what the table and the disk of the harness do."""

import errno
import os
from pathlib import Path

import pytest

from tests.crash.disk import Disk
from tests.crash.rounds import A_ROUND, rounds
from tests.crash.steps import STEPS, Hit, Kill, Table, split


@pytest.mark.parametrize("kills", [1, 60, 200, 201, 999, 1000])
def test_the_rounds_together_have_all_kills_and_the_last_one_fills_the_table(kills: int) -> None:
    played = [*rounds("7", kills)]

    assert sum(each.kills for each in played) == kills
    assert max(each.kills for each in played) <= A_ROUND
    assert [each.last for each in played] == [False] * (len(played) - 1) + [True]
    assert len({each.seed for each in played}) == len(played)


def test_hits_are_spread_over_the_kills() -> None:
    assert split(20) == {Kill.WORKER: 7, Kill.SERVER: 7, Kill.BOTH: 6}


def test_a_table_is_full_once_each_step_was_hit_by_each_kill() -> None:
    table = Table(split(3))
    for kill in Kill:
        before = table.full
        table.add(Hit(kill, 0.0, STEPS))
        assert not before
    assert table.full


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_full_disk_takes_nothing_and_a_sealed_one_not_even_that(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    disk = Disk(tmp_path / "home", tmp_path / "orders" / "disk")
    file = tmp_path / "home" / "file"
    file.write_bytes(bytes(8192))
    try:
        disk.fill()
        with pytest.raises(OSError, match=f"Errno {errno.ENOSPC}"):
            file.write_bytes(bytes(10_000))
        disk.empty()
        disk.seal()
        with pytest.raises(OSError, match=f"Errno {errno.EROFS}"):
            file.write_bytes(b"")
        disk.unseal()
        file.write_bytes(bytes(10_000))
        assert (disk.folder / "file").stat().st_size == 10_000
    finally:
        disk.close()
