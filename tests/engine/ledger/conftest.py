"""Ledgers to verify: built as the engine builds them, with any subjects and checkpoints at any places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import pytest

from engine.ledger.entries import Sealed, build
from engine.ledger.export import write_export
from engine.ledger.merkle import CompactRange
from engine.ledger.note import Checkpoint, SigningKey, VerifyingKey, sign
from engine.ledger.verify import Row
from engine.model.base import Json
from engine.model.entry import Draft

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = SigningKey("fireline.example/ledger", bytes(range(32)))


@dataclass(frozen=True)
class Ledger:
    """Entries with the checkpoints over them."""

    entries: tuple[Sealed, ...]
    checkpoints: tuple[str, ...]

    def lines(self) -> list[bytes]:
        """Its export."""
        file = BytesIO()
        write_export((entry.data for entry in self.entries), self.checkpoints, file)
        return file.getvalue().splitlines(keepends=True)

    def rows(self) -> list[Row]:
        """As a database keeps it."""
        return [Row(entry.entry.seq, entry.data, entry.hash) for entry in self.entries]


class Ledgers:
    """Builds them, all under one key."""

    key = KEY
    keyring: tuple[VerifyingKey, ...] = (KEY.verifying,)

    def draft(self, subject: str, number: int) -> Draft:
        """The draft of entry `number`."""
        body: Json = {"from": "authorised", "score": 0.97, "to": "held", "who": "Zoë", "step": number}
        return Draft(subject=subject, kind="request.held", actor="engine", at=NOON, body=body)

    def build(self, subjects: Sequence[str], sizes: Sequence[int], key: SigningKey = KEY) -> Ledger:
        """One entry for each of `subjects`, and a checkpoint over each of `sizes`."""
        return self.of([self.draft(subject, number) for number, subject in enumerate(subjects)], sizes, key)

    def of(self, drafts: Sequence[Draft], sizes: Sequence[int], key: SigningKey = KEY) -> Ledger:
        """The same of given drafts."""
        last: dict[str, tuple[int, str]] = {}
        sealed = list[Sealed]()
        for seq, draft in enumerate(drafts):
            n, prev = last.get(draft.subject, (-1, ""))
            sealed.append(build(draft, seq, n + 1, prev))
            last[draft.subject] = (n + 1, sealed[-1].hash)
        return self.seal(sealed, sizes, key)

    def pair(self, sealed: Sequence[Sealed], checkpoints: Sequence[str]) -> Ledger:
        """Entries with checkpoints that need not be theirs."""
        return Ledger(tuple(sealed), tuple(checkpoints))

    def seal(self, sealed: Sequence[Sealed], sizes: Sequence[int], key: SigningKey = KEY) -> Ledger:
        """The same of given entries, whatever they say."""
        tree, roots = CompactRange(), [CompactRange().root()]
        for entry in sealed:
            tree = tree.append(bytes.fromhex(entry.hash))
            roots.append(tree.root())
        return Ledger(tuple(sealed), tuple(sign(Checkpoint(key.name, size, roots[size]), key) for size in sizes))


@pytest.fixture(scope="session")
def ledgers() -> Ledgers:
    """The builder."""
    return Ledgers()
