"""One pass over entries and checkpoints in their order, wherever they come from, and what does not hold on the way."""

import re
from collections.abc import Sequence

from engine.errors import InvalidInput
from engine.ledger.chain import Chains, Order
from engine.ledger.entries import parse
from engine.ledger.keys import ROTATED
from engine.ledger.merkle import leaf_hash
from engine.ledger.note import Checkpoint, VerifyingKey, peek
from engine.ledger.report import Findings, Report
from engine.ledger.seals import Keyring, Trees, Watch
from engine.model.entry import Entry

HASH = re.compile("[0-9a-f]{64}")


class Audit:
    """Feed it every entry and checkpoint in order, then `finish`. `source` is what it calls the whole: `export`.

    Nothing that was skipped or could not be compared passes for verified: each such thing is itself a problem.
    """

    def __init__(self, source: str, keyring: Sequence[VerifyingKey], trusted: Sequence[str]) -> None:
        """Begin with the keys the verifier trusts and the checkpoints copied to where no attacker writes."""
        self.findings = Findings()
        self.entries = 0
        self.origin: str | None = None
        """The ledger's name, as the first checkpoint that holds says it."""
        self.covered = -1
        """Entries under the last checkpoint in its place, -1 before the first."""
        self._source = source
        self._trusted = trusted
        self._order, self._chains, self._trees = Order(), Chains(), Trees()
        self._keys = Keyring(keyring)
        self._watch = Watch(_sizes(trusted))
        self._roots_hold = True
        self._uncompared = 0

    @property
    def in_order(self) -> bool:
        """Whether nothing so far was missing, unreadable or out of its place."""
        return self._order.intact

    def entry(self, data: bytes, recorded: str, place: str, line: int | None = None) -> Entry | None:
        """Take in the next entry and return it, or None where `data` is none; `place` is what it is called then.

        `recorded` is the hex hash kept beside it, empty where none is.
        """
        try:
            entry = parse(data)
        except InvalidInput as error:
            self.unreadable(place, error.message, line)
            return None
        self.entries += 1
        computed = leaf_hash(data)
        kept = _unhex(recorded) if recorded else computed
        for message in self._wrong(entry, computed, kept):
            self.findings.add(_name(entry), message, line)
        if self.in_order:
            self._trees.append(computed, kept or computed)
            self._watch.look(self._trees)
        if entry.kind == ROTATED:
            self._rotate(entry, line)
        return entry

    def unreadable(self, place: str, message: str, line: int | None = None) -> None:
        """Note something that is neither an entry nor a checkpoint."""
        self._order.skip()
        self.findings.add(place, message, line)

    def checkpoint(self, note: str, place: str, line: int | None = None) -> None:
        """Take in a checkpoint over the entries so far."""
        try:
            checkpoint = self._keys.open(note)
        except InvalidInput as error:
            self.findings.add(place, error.message, line)
            return
        message = self._misplaced(checkpoint)
        if message:
            self.findings.add(f"checkpoint over {checkpoint.size} entries", message, line)
            return
        self._compare(checkpoint, line)
        self.covered = checkpoint.size
        self._keys.settle()

    def finish(self) -> Report:
        """Compare the trusted copies and sum up."""
        for number, note in enumerate(self._trusted, 1):
            message = self._judge_copy(note)
            if message:
                self.findings.add(f"trusted checkpoint {number}", message)
        if self._uncompared:
            message = "checkpoints not compared, because what came before them does not hold"
            self.findings.add(self._source, f"{message}: {self._uncompared}")
        return self.findings.report(self.entries, self._trees.matched)

    def _wrong(self, entry: Entry, computed: bytes, kept: bytes | None) -> list[str]:
        wrong = [] if kept == computed else ["its bytes do not give the hash recorded beside it"]
        hashes = (computed.hex(),) if kept in (None, computed) else (computed.hex(), kept.hex())
        displaced = self._order.step(entry.seq)
        if displaced:
            self._chains.rejoin(entry, hashes)
            return [*wrong, displaced]
        broken = self._chains.step(entry, hashes)
        return [*wrong, broken] if broken else wrong

    def _rotate(self, entry: Entry, line: int | None) -> None:
        new, retired = entry.body.get("vkey"), entry.body.get("retired")
        try:
            self._keys.announce(str(new), str(retired))
        except InvalidInput as error:
            self.findings.add(_name(entry), f"signs no key in: {error.message}", line)

    def _misplaced(self, checkpoint: Checkpoint) -> str | None:
        self.origin = self.origin or checkpoint.origin
        if checkpoint.origin != self.origin:
            return f"is of another ledger: {_shown(checkpoint.origin)}, not {_shown(self.origin)}"
        if checkpoint.size <= self.covered:
            return f"stands after one over {self.covered} entries"
        if checkpoint.size != self.entries and self.in_order:
            only = "only " if self.entries < checkpoint.size else ""
            return f"{only}{self.entries} entries stand before it"
        return None

    def _compare(self, checkpoint: Checkpoint, line: int | None) -> None:
        if not (self.in_order and self._roots_hold):
            self._uncompared += 1
        elif not self._trees.meets(checkpoint.root):
            self._roots_hold = False
            span = f"entries {self._trees.matched} to {checkpoint.size - 1}"
            self.findings.add(span, f"are not those that the checkpoint over {checkpoint.size} was signed for", line)

    def _judge_copy(self, note: str) -> str | None:
        try:
            copy = self._keys.open_copy(note).checkpoint
        except InvalidInput as error:
            return error.message
        if self.origin is not None and copy.origin != self.origin:
            return f"is of another ledger: {_shown(copy.origin)}, not {_shown(self.origin)}"
        if copy.size > self.entries:
            cut = "tail cut: " if self.in_order else ""
            return f"{cut}the checkpoint covers {copy.size} entries, the {self._source} holds {self.entries}"
        roots = self._watch.roots(copy.size)
        if roots is None:
            self._uncompared += 1
            return None
        return None if copy.root in roots else f"the first {copy.size} entries are not those it was signed for"


def _sizes(notes: Sequence[str]) -> set[int]:
    """The sizes that the notes claim; what cannot be read is judged at the end."""
    sizes = set[int]()
    for note in notes:
        try:
            sizes.add(peek(note).size)
        except InvalidInput:
            continue
    return sizes


def _unhex(text: str) -> bytes | None:
    return bytes.fromhex(text) if HASH.fullmatch(text) else None


def _name(entry: Entry) -> str:
    return f"entry {entry.seq} ({_shown(entry.subject)} #{entry.n})"


def _shown(text: str) -> str:
    """Text of the record, fit for a terminal."""
    return text if text.isprintable() and len(text) <= 120 else ascii(text[:120])
