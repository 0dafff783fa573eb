"""The spool: on the disk before it says so, never lost, and handed over to one taker at a time."""

import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from engine.errors import InvalidInput, StoreUnavailable
from engine.ledger.spool import Spool
from engine.model.entry import Draft

EFFECT = datetime(2026, 11, 21, 3, 11, 46, tzinfo=UTC)
LATER = EFFECT + timedelta(minutes=5)


def draft(number: int) -> Draft:
    return Draft(
        subject=f"lease/LS-{number:04d}",
        kind="lease.released",
        actor="engine",
        at=EFFECT,
        body={"n": number, "who": "Zoë"},
    )


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "late.jsonl")


def test_what_was_appended_is_read_back_in_order(spool: Spool, tmp_path: Path) -> None:
    assert spool.drafts() == ()
    spool.append(draft(1))
    spool.append(draft(2))
    assert Spool(tmp_path / "late.jsonl").drafts() == (draft(1), draft(2))
    assert (tmp_path / "late.jsonl").stat().st_mode & 0o777 == 0o600


def test_an_append_returns_only_after_file_and_directory_are_synced(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[str]()
    sync = os.fsync

    def note(handle: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{handle}")).name)
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    spool.append(draft(1))
    assert synced == ["late.jsonl", tmp_path.name]
    spool.append(draft(2))
    assert synced[2:] == ["late.jsonl"]


def test_a_late_draft_says_when_the_effect_was_and_which_line_it_is(spool: Spool, tmp_path: Path) -> None:
    spool.append(draft(1))
    line = (tmp_path / "late.jsonl").read_bytes()
    with spool.taking(LATER) as drafts:
        (late,) = drafts
    assert (late.subject, late.kind, late.actor, late.at) == ("lease/LS-0001", "lease.released", "engine", LATER)
    assert late.body == {
        "n": 1,
        "who": "Zoë",
        "late": {"effect_at": "2026-11-21T03:11:46Z", "spooled": sha256(line).hexdigest()},
    }


def test_what_was_taken_in_is_forgotten(spool: Spool) -> None:
    spool.append(draft(1))
    with spool.taking(LATER):
        pass
    assert spool.drafts() == ()
    with spool.taking(LATER) as drafts:
        assert drafts == ()


def test_what_the_ledger_did_not_take_is_kept_and_known_again(spool: Spool) -> None:
    spool.append(draft(1))
    with pytest.raises(StoreUnavailable), spool.taking(LATER) as first:
        raise StoreUnavailable("the ledger is still away")
    with spool.taking(LATER) as second:
        assert second == first


def test_what_is_appended_while_another_takes_in_is_kept(spool: Spool) -> None:
    spool.append(draft(1))
    with spool.taking(LATER) as drafts:
        spool.append(draft(2))
        assert len(drafts) == 1
    assert spool.drafts() == (draft(2),)


def test_two_never_take_in_the_same(spool: Spool, tmp_path: Path) -> None:
    spool.append(draft(1))
    with spool.taking(LATER) as drafts, Spool(tmp_path / "late.jsonl").taking(LATER) as others:
        assert (len(drafts), others) == (1, ())
    assert spool.drafts() == ()


@pytest.mark.parametrize("torn", [b"{", b'{"actor":"engine","at":"2026-11-21T03:11:46Z","body":{"who":"Zo\xc3'])
def test_a_line_that_a_crash_cut_off_is_dropped(spool: Spool, tmp_path: Path, torn: bytes) -> None:
    spool.append(draft(1))
    with open(tmp_path / "late.jsonl", "ab") as file:
        file.write(torn)
    assert spool.drafts() == (draft(1),)
    spool.append(draft(2))
    assert spool.drafts() == (draft(1), draft(2))


def test_a_torn_tail_does_not_outlive_taking_in(spool: Spool, tmp_path: Path) -> None:
    spool.append(draft(1))
    with open(tmp_path / "late.jsonl", "ab") as file:
        file.write(b"{\xc3")
    with spool.taking(LATER):
        pass
    spool.append(draft(2))
    assert spool.drafts() == (draft(2),)


@pytest.mark.parametrize("damage", [b"\n", b"noise\n", b'{"subject":"x"}\n', b"no\rise\n"])
def test_a_damaged_line_is_named_and_nothing_is_forgotten(spool: Spool, tmp_path: Path, damage: bytes) -> None:
    spool.append(draft(1))
    with open(tmp_path / "late.jsonl", "ab") as file:
        file.write(damage)
    spool.append(draft(2))
    before = (tmp_path / "late.jsonl").read_bytes()
    with pytest.raises(InvalidInput, match=r"late\.jsonl:2: not a spooled ledger entry"), spool.taking(LATER):
        pass
    assert (tmp_path / "late.jsonl").read_bytes() == before


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be used: No such file or directory"):
        Spool(tmp_path / "nowhere" / "late.jsonl").append(draft(1))


def test_a_full_disk_leaves_no_half_line(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.append(draft(1))
    write = os.write

    def full(handle: int, data: memoryview) -> int:
        write(handle, data[:10])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(StoreUnavailable, match="No space left on device"):
            spool.append(draft(2))
    spool.append(draft(3))
    assert spool.drafts() == (draft(1), draft(3))


def test_processes_append_at_once_without_loss(spool: Spool) -> None:
    drafts = [draft(number) for number in range(30)]
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.map(spool.append, drafts, chunksize=1)
    assert sorted(spool.drafts(), key=lambda each: each.subject) == drafts
