"""Whether checkpoints hold: their signatures by keys in force, and their roots over exactly the entries before them."""

from collections.abc import Iterable

from engine.errors import InvalidInput
from engine.ledger.merkle import EMPTY, CompactRange
from engine.ledger.note import Checkpoint, Signed, VerifyingKey, verify


class Trees:
    """The tree over the computed hashes and, once they differ, the one over the recorded hashes beside them.

    If a signed root is that of the recorded hashes, then these are genuine and exactly the entries that differ from
    them were changed: both trees go on from there.
    """

    def __init__(self) -> None:
        """Begin with the empty tree."""
        self._computed = self._recorded = CompactRange()
        self.matched = 0
        """Entries under the last root that was met."""

    @property
    def size(self) -> int:
        """Entries so far."""
        return self._computed.size

    def append(self, computed: bytes, recorded: bytes) -> None:
        """Take the next entry in."""
        same = self._computed is self._recorded and computed == recorded
        after = self._computed.append(computed)
        self._recorded = after if same else self._recorded.append(recorded)
        self._computed = after

    def roots(self) -> tuple[bytes, ...]:
        """The root over the computed hashes, and over the recorded ones where that is another."""
        computed = self._computed.root()
        return (computed,) if self._computed is self._recorded else (computed, self._recorded.root())

    def meets(self, root: bytes) -> bool:
        """Whether either tree has this root now."""
        if root not in self.roots():
            return False
        genuine = self._computed if root == self._computed.root() else self._recorded
        self._computed = self._recorded = genuine
        self.matched = genuine.size
        return True


class Keyring:
    """The keys in force: those given, those that a sealed entry signed in, less those that it retired."""

    def __init__(self, keys: Iterable[VerifyingKey]) -> None:
        """Begin with the verifier's own keys."""
        self._known = list(keys)
        self._retired: list[VerifyingKey] = []
        self._pending: list[tuple[VerifyingKey, VerifyingKey]] = []

    def announce(self, new: str, retired: str) -> None:
        """Hear of a rotation; it counts once a checkpoint over its entry holds."""
        self._pending.append((VerifyingKey.parse(new), VerifyingKey.parse(retired)))

    def settle(self) -> None:
        """Carry out the rotations heard of so far, which a checkpoint has sealed."""
        for new, retired in self._pending:
            self._known.append(new)
            self._retired.append(retired)
        self._pending.clear()

    def open(self, note: str) -> Checkpoint:
        """The checkpoint of a note that keys in force signed; otherwise `InvalidInput`."""
        signed = self.open_copy(note)
        for key in signed.signers:
            if key in self._retired:
                raise InvalidInput(f"signed by a key that was retired before: `{key}`")
        return signed.checkpoint

    def open_copy(self, note: str) -> Signed:
        """The same for a copy kept elsewhere, which a key retired since may have signed."""
        return verify(note, self._known)


class Watch:
    """Notes the roots at the sizes of the trusted copies while the entries stream by."""

    def __init__(self, sizes: Iterable[int]) -> None:
        """Say which sizes matter; the empty tree's root is known."""
        self._due = set(sizes)
        self._seen: dict[int, tuple[bytes, ...]] = {0: (EMPTY,)}

    def look(self, trees: Trees) -> None:
        """Note the roots if the trees have a size that matters."""
        if trees.size in self._due:
            self._seen[trees.size] = trees.roots()

    def roots(self, size: int) -> tuple[bytes, ...] | None:
        """The roots at that size, None if they are not known."""
        return self._seen.get(size)
