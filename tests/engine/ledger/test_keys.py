"""The key on disk: private, whole, the same for everybody, and replaced only by rotation."""

import multiprocessing
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.errors import InvalidInput
from engine.ledger.keys import begin_rotation, finish_rotation, keyring, load_or_make, rotation
from engine.ledger.note import Checkpoint, SigningKey, sign, verify

NAME = "fireline.example/ledger"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    home = tmp_path / "made" / "keys"
    key = load_or_make(home, NAME)
    assert load_or_make(home, "another/name") == key
    assert (mode(home), mode(home / "ledger.key"), mode(home / "ledger.vkeys")) == (0o700, 0o600, 0o644)
    assert (home / "ledger.vkeys").read_text() == f"{key.verifying}\n"
    assert sorted(path.name for path in home.iterdir()) == ["ledger.key", "ledger.vkeys"]


def test_the_public_file_verifies_what_the_key_signs(tmp_path: Path) -> None:
    checkpoint = Checkpoint(NAME, 1, bytes(32))
    note = sign(checkpoint, load_or_make(tmp_path, NAME))
    assert verify(note, keyring(tmp_path)).checkpoint == checkpoint
    assert verify(note, keyring(tmp_path / "ledger.vkeys")).checkpoint == checkpoint


def test_processes_that_race_get_the_same_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        keys = pool.starmap(load_or_make, [(tmp_path / "keys", NAME)] * 12, chunksize=1)
    assert len(set(keys)) == 1
    assert keyring(tmp_path / "keys") == (keys[0].verifying,)


def test_a_key_that_appears_while_another_is_made_is_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make, first = tempfile.mkstemp, list[SigningKey]()

    def overtaken(*, dir: Path, prefix: str) -> tuple[int, str]:
        monkeypatch.setattr(tempfile, "mkstemp", make)
        first.append(load_or_make(tmp_path, NAME))
        return make(dir=dir, prefix=prefix)

    monkeypatch.setattr(tempfile, "mkstemp", overtaken)
    assert load_or_make(tmp_path, NAME) == first[0]


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o660])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(tmp_path: Path, bits: int) -> None:
    load_or_make(tmp_path, NAME)
    (tmp_path / "ledger.key").chmod(bits)
    with pytest.raises(InvalidInput, match=r"can be read by others \(mode 0\d+\): run `chmod 600 "):
        load_or_make(tmp_path, NAME)


def test_a_directory_that_others_can_write_is_refused_with_the_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(InvalidInput, match="can be written by others .* run `chmod 700 "):
        load_or_make(tmp_path, NAME)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    load_or_make(tmp_path, NAME)
    os.chown(tmp_path / "ledger.key", 12345, -1)
    with pytest.raises(InvalidInput, match="belongs to another user"):
        load_or_make(tmp_path, NAME)


def test_a_key_that_is_a_link_is_refused(tmp_path: Path) -> None:
    load_or_make(tmp_path, NAME)
    (tmp_path / "ledger.key").rename(tmp_path / "elsewhere")
    (tmp_path / "ledger.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_or_make(tmp_path, NAME)


def test_a_key_that_is_a_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ledger.key", 0o600)
    with pytest.raises(InvalidInput, match="is not a plain file"):
        load_or_make(tmp_path, NAME)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+", "no key at all\n"])
def test_a_damaged_key_is_refused_and_not_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.key").touch(0o600)
    (tmp_path / "ledger.key").write_text(text)
    with pytest.raises(InvalidInput, match="is damaged: not a private key"):
        load_or_make(tmp_path, NAME)
    assert (tmp_path / "ledger.key").read_text() == text


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "line\nbreak"])
def test_a_name_that_a_note_cannot_hold_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="neither spaces nor plus signs"):
        load_or_make(tmp_path, name)


def test_a_lost_record_of_public_keys_is_made_again_but_not_another_ones(tmp_path: Path) -> None:
    key = load_or_make(tmp_path, NAME)
    (tmp_path / "ledger.vkeys").unlink()
    assert load_or_make(tmp_path, NAME) == key
    (tmp_path / "ledger.vkeys").write_text(f"{SigningKey(NAME, bytes(32)).verifying}\n")
    with pytest.raises(InvalidInput, match="does not list the public key"):
        load_or_make(tmp_path, NAME)


def test_a_keyring_names_the_line_that_is_no_key(tmp_path: Path) -> None:
    key = load_or_make(tmp_path, NAME)
    file = tmp_path / "ring"
    file.write_text(f"{key.verifying}\n\nnonsense\n")
    with pytest.raises(InvalidInput, match=r"ring:3: not a public key in vkey form: `nonsense`"):
        keyring(file)
    with pytest.raises(InvalidInput, match="no public keys at"):
        keyring(tmp_path / "nowhere")


def test_rotation_keeps_every_public_key_and_only_the_new_private_one(tmp_path: Path) -> None:
    old = load_or_make(tmp_path, NAME)
    new = begin_rotation(tmp_path)
    assert begin_rotation(tmp_path) == new
    assert load_or_make(tmp_path, NAME) == old
    assert finish_rotation(tmp_path) == new
    assert load_or_make(tmp_path, NAME) == new
    assert keyring(tmp_path) == (old.verifying, new.verifying)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.key", "ledger.vkeys"]
    with pytest.raises(InvalidInput, match="no key at"):
        finish_rotation(tmp_path)


def test_the_entry_of_a_rotation_names_both_keys() -> None:
    old, new = SigningKey(NAME, bytes(32)).verifying, SigningKey(NAME, bytes([1] * 32)).verifying
    draft = rotation(old, new, "admin", datetime(2026, 11, 21, tzinfo=UTC))
    assert (draft.subject, draft.kind) == ("ledger/key", "ledger.key_rotated")
    assert draft.body == {"vkey": str(new), "retired": str(old)}
