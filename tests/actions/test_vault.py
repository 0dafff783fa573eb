"""Evidence is kept byte for byte, for its owner only, once under a key, within its room and its retention."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.vault import Vault, digest_of
from engine.errors import TargetRefused
from engine.model.evidence import EvidenceKind, Receipt

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
DAY = timedelta(days=1)


def receipt(content: bytes, at: datetime = NOW) -> Receipt:
    return Receipt(
        kind=EvidenceKind.LOG, target="files-02", digest=digest_of(content), size=len(content),
        truncated=False, taken_at=at,
    )  # fmt: skip


def vault(folder: Path, now: datetime = NOW, room: int = 100) -> Vault:
    return Vault(folder / "evidence", lambda: now, kept_for=DAY, room=room)


def test_what_is_kept_is_found_by_its_digest_and_by_its_key(tmp_path: Path) -> None:
    kept = vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    again = vault(tmp_path)
    assert again.receipt("fl-1") == kept == receipt(b"seen")
    assert again.content(kept.digest) == b"seen"
    assert again.intact("fl-1")
    assert again.receipt("fl-2") is None
    assert not again.intact("fl-2")


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "evidence").rglob("*")}
    assert modes == {True: 0o700, False: 0o600}
    assert stat.S_IMODE((tmp_path / "evidence").stat().st_mode) == 0o700


def test_the_first_capture_under_a_key_stands(tmp_path: Path) -> None:
    first = vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    assert vault(tmp_path).keep("fl-1", b"later", receipt(b"later")) == first
    assert vault(tmp_path).content(digest_of(b"later")) is None


@pytest.mark.parametrize("content", [b"", b"sEen", b"seen "])
def test_what_was_changed_is_no_evidence(tmp_path: Path, content: bytes) -> None:
    kept = vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    (tmp_path / "evidence" / "sha256" / kept.digest).write_bytes(content)
    assert not vault(tmp_path).intact("fl-1")
    assert vault(tmp_path).content(kept.digest) is None


def test_what_is_gone_is_no_evidence(tmp_path: Path) -> None:
    kept = vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    (tmp_path / "evidence" / "sha256" / kept.digest).unlink()
    assert not vault(tmp_path).intact("fl-1")


def test_a_torn_receipt_is_none_and_is_taken_again(tmp_path: Path) -> None:
    vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    [file] = (tmp_path / "evidence" / "receipts").iterdir()
    file.write_bytes(file.read_bytes()[:20])
    assert vault(tmp_path).receipt("fl-1") is None
    assert vault(tmp_path).keep("fl-1", b"again", receipt(b"again")) == receipt(b"again")


def unreadable(folder: Path, written: datetime) -> None:
    """The one receipt, as a newer version may have written it."""
    for file in (folder / "evidence").rglob("*/*"):
        os.utime(file, (written.timestamp(), written.timestamp()))
    [file] = (folder / "evidence" / "receipts").iterdir()
    file.write_text(file.read_text().replace("{", '{"host": "h", ', 1))
    os.utime(file, (written.timestamp(), written.timestamp()))


def test_what_a_receipt_names_that_cannot_be_read_is_kept(tmp_path: Path) -> None:
    kept = vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    unreadable(tmp_path, NOW)
    vault(tmp_path).keep("fl-2", b"other", receipt(b"other"))
    assert (vault(tmp_path).forget(), vault(tmp_path).content(kept.digest)) == (0, b"seen")
    vault(tmp_path).keep("fl-1", b"again", receipt(b"again"))
    assert (vault(tmp_path).forget(), vault(tmp_path).content(kept.digest)) == (0, b"seen")


def test_it_is_kept_no_longer_than_any_other(tmp_path: Path) -> None:
    kept = vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    unreadable(tmp_path, NOW - timedelta(seconds=1))
    late = vault(tmp_path, NOW + DAY)
    assert (late.forget(), late.content(kept.digest)) == (1, None)


def test_nothing_outlives_its_retention_but_what_another_receipt_needs(tmp_path: Path) -> None:
    vault(tmp_path).keep("fl-1", b"seen", receipt(b"seen"))
    vault(tmp_path).keep("fl-2", b"other", receipt(b"other"))
    later = vault(tmp_path, NOW + DAY)
    later.keep("fl-3", b"seen", receipt(b"seen", NOW + DAY))
    late = vault(tmp_path, NOW + DAY + timedelta(seconds=1))
    assert late.forget() == 2
    assert (late.receipt("fl-1"), late.receipt("fl-2")) == (None, None)
    assert late.intact("fl-3")
    assert [file.name for file in (tmp_path / "evidence" / "sha256").iterdir()] == [digest_of(b"seen")]


def test_when_the_room_is_used_up_nothing_is_taken_and_nothing_is_lost(tmp_path: Path) -> None:
    vault(tmp_path, room=8).keep("fl-1", b"seen", receipt(b"seen"))
    with pytest.raises(TargetRefused, match="no room for 5 bytes of evidence: 4 of 8 are used"):
        vault(tmp_path, room=8).keep("fl-2", b"other", receipt(b"other"))
    assert vault(tmp_path).intact("fl-1")
    after = NOW + DAY + timedelta(seconds=1)
    assert vault(tmp_path, after, room=8).keep("fl-2", b"other", receipt(b"other", after)).size == 5


def test_what_a_killed_process_left_is_no_evidence_and_goes(tmp_path: Path) -> None:
    opened = vault(tmp_path)
    (tmp_path / "evidence" / "sha256" / digest_of(b"seen")).write_bytes(b"seen")
    (tmp_path / "evidence" / "receipts" / ".draft").write_bytes(b'{"kind"')
    assert opened.receipt("fl-1") is None
    opened.forget()
    assert [*(tmp_path / "evidence" / "sha256").iterdir(), *(tmp_path / "evidence" / "receipts").iterdir()] == []
