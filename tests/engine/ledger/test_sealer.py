"""The sealer signs with its key, and keeps a copy of every signature outside the database."""

from pathlib import Path

import pytest

from engine.errors import ServiceAway
from engine.ledger.copies import read_copies, read_last_copy
from engine.ledger.note import Checkpoint, SigningKey, verify
from engine.ledger.sealer import COPIES, LedgerSealer

KEY = SigningKey("fireline.example/ledger", bytes(range(32)))
ROOT = bytes(range(32))


@pytest.fixture
def sealer(tmp_path: Path) -> LedgerSealer:
    return LedgerSealer(KEY, tmp_path)


def test_a_note_is_of_the_keys_ledger_and_holds_under_its_public_half(sealer: LedgerSealer) -> None:
    signed = verify(sealer.sign(61, ROOT), [KEY.verifying])
    assert signed.checkpoint == Checkpoint("fireline.example/ledger", 61, ROOT)
    assert signed.signers == (KEY.verifying,)


def test_signing_leaves_no_copy_until_it_is_asked_for(sealer: LedgerSealer, tmp_path: Path) -> None:
    sealer.sign(61, ROOT)
    assert list(tmp_path.iterdir()) == []


def test_copies_are_kept_in_their_order_across_restarts(sealer: LedgerSealer, tmp_path: Path) -> None:
    notes = tuple(sealer.sign(size, ROOT) for size in (3, 6, 61))
    for note in notes[:2]:
        sealer.copy(note)
    LedgerSealer(KEY, tmp_path).copy(notes[2])
    assert read_copies(tmp_path / COPIES) == notes
    assert read_last_copy(tmp_path / COPIES) == notes[2]


def test_a_place_that_is_away_is_said_so_and_not_made(tmp_path: Path) -> None:
    sealer = LedgerSealer(KEY, tmp_path / "unmounted")
    with pytest.raises(ServiceAway, match="checkpoint copy `.*checkpoints.txt` cannot be written"):
        sealer.copy(sealer.sign(61, ROOT))
    assert not (tmp_path / "unmounted").exists()
