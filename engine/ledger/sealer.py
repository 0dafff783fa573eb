"""Signing the ledger's root, and keeping a copy of every signature outside the database."""

from pathlib import Path

from engine.ledger.copies import append_copy
from engine.ledger.note import Checkpoint, SigningKey, sign

COPIES = "checkpoints.txt"
"""The file of copies under the home; others (another host, syslog, chat) are made from it."""


class LedgerSealer:
    """Implements the store's `Sealer` with one key and one file of copies."""

    def __init__(self, key: SigningKey, home: Path) -> None:
        """Sign with `key`, copy to `home`."""
        self._key, self._copies = key, home / COPIES

    def sign(self, size: int, root: bytes) -> str:
        """The signed checkpoint over the first `size` entries."""
        return sign(Checkpoint(self._key.verifying.name, size, root), self._key)

    def copy(self, note: str) -> None:
        """Append the note to the file of copies, synced."""
        append_copy(self._copies, note)
