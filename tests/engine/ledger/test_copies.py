"""Copies of checkpoints: appended whole, read back one by one, and never quietly made up."""

from pathlib import Path

import pytest

from engine.errors import InvalidInput, ServiceAway
from engine.ledger.copies import append_copy, read_copies, read_last_copy
from engine.ledger.note import Checkpoint, SigningKey, sign

KEY = SigningKey("fireline.example/ledger", bytes(32))
NOTES = tuple(sign(Checkpoint(KEY.name, size, bytes(32)), KEY) for size in (3, 6, 61))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "checkpoints"


def test_every_note_is_read_back_and_the_last_one_alone(file: Path) -> None:
    for note in NOTES:
        append_copy(file, note)
    assert read_copies(file) == NOTES
    assert read_last_copy(file) == NOTES[-1]
    assert file.read_text() == "".join(f"{note}%%\n" for note in NOTES)


def test_a_note_cut_off_anywhere_is_passed_over_and_the_next_one_is_whole(tmp_path: Path) -> None:
    block = f"{NOTES[1]}%%\n".encode()
    for cut in range(1, len(block) - 1):
        file = tmp_path / str(cut)
        file.write_bytes(f"{NOTES[0]}%%\n".encode() + block[:cut])
        assert read_copies(file) == NOTES[:1]
        append_copy(file, NOTES[2])
        assert read_copies(file) == (NOTES[0], NOTES[2])


def test_a_single_note_saved_by_hand_is_read(file: Path) -> None:
    file.write_text(NOTES[0])
    assert read_last_copy(file) == NOTES[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is damaged: not a signed note"),
        ("noise", "is damaged: not a signed note"),
        (NOTES[0] + "%%\nnoise\n%%\n", "checkpoint 2 of `.*` is damaged"),
        (NOTES[0] + "\n%% cut off\n", "holds no complete checkpoint"),
    ],
)
def test_what_holds_no_checkpoint_is_refused(file: Path, text: str, message: str) -> None:
    file.write_text(text)
    with pytest.raises(InvalidInput, match=message):
        read_copies(file)


def test_a_file_that_cannot_be_read_is_named(file: Path) -> None:
    with pytest.raises(InvalidInput, match="checkpoints` cannot be read"):
        read_copies(file)
    file.write_bytes(b"\xff" + f"{NOTES[0]}%%\n".encode())
    with pytest.raises(InvalidInput, match="checkpoint 1 of .* is damaged"):
        read_copies(file)


def test_a_place_that_is_away_is_said_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(ServiceAway, match="cannot be written: No such file or directory"):
        append_copy(tmp_path / "unmounted" / "checkpoints", NOTES[0])
    assert not (tmp_path / "unmounted").exists()
