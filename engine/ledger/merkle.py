"""The Merkle tree of RFC 6962: its root grown leaf by leaf, and proofs of inclusion and consistency.

Hashes are 32 raw bytes. Proofs are made from all leaf hashes and checked from the roots alone (RFC 9162 2.1.3, 2.1.4).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.errors import InvalidInput

EMPTY = hashlib.sha256(b"").digest()
"""Root of the tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True)
class CompactRange:
    """All that is needed of the leaves so far to go on: the roots of the perfect subtrees, the largest first.

    It is a value: a transaction that is rolled back leaves its caller with the range from before.
    """

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "CompactRange":
        """The range with one more leaf hash."""
        roots = list(self.roots)
        size = self.size
        while size & 1:
            leaf = node_hash(roots.pop(), leaf)
            size >>= 1
        return CompactRange(self.size + 1, (*roots, leaf))

    def root(self) -> bytes:
        """Root hash of the tree over these leaves."""
        if not self.roots:
            return EMPTY
        *rest, root = self.roots
        for left in reversed(rest):
            root = node_hash(left, root)
        return root

    def to_text(self) -> str:
        """One line to persist it by: the size, then the subtrees' roots in hex."""
        return " ".join([str(self.size), *(root.hex() for root in self.roots)])

    @classmethod
    def from_text(cls, text: str) -> "CompactRange":
        """Read `to_text` back; raise `InvalidInput` for anything else."""
        size, *roots = text.split(" ")
        try:
            read = cls(int(size), tuple(bytes.fromhex(root) for root in roots))
        except ValueError:
            raise InvalidInput(f"not a compact range: `{text[:80]}`") from None
        whole = read.size >= 0 and len(roots) == read.size.bit_count() and all(len(root) == 32 for root in read.roots)
        if not whole or read.to_text() != text:
            raise InvalidInput(f"not a compact range: `{text[:80]}`")
        return read


def grow(leaves: Iterable[bytes], start: CompactRange | None = None) -> CompactRange:
    """The range over `start` and then `leaves`; from nothing it rebuilds the tree of a whole ledger."""
    grown = start or CompactRange()
    for leaf in leaves:
        grown = grown.append(leaf)
    return grown


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The path that shows leaf `index` to be in the tree over `leaves` (RFC 6962 2.1.1)."""
    if not 0 <= index < len(leaves):
        raise InvalidInput(f"entry {index} is not among the first {len(leaves)}")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        kept, other = ((low, middle), (middle, high)) if index < middle else ((middle, high), (low, middle))
        path.append(grow(leaves[slice(*other)]).root())
        low, high = kept
    return tuple(reversed(path))


def consistency_proof(leaves: Sequence[bytes], first: int) -> tuple[bytes, ...]:
    """The path that shows the tree over the first leaves to be a prefix of that over `leaves` (RFC 6962 2.1.2)."""
    if not 0 < first <= len(leaves):
        raise InvalidInput(f"no consistency proof from {first} to {len(leaves)} entries")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while first < high:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(grow(leaves[middle:high]).root())
            high = middle
        else:
            path.append(grow(leaves[low:middle]).root())
            low = middle
    if low > 0:
        path.append(grow(leaves[low:high]).root())
    return tuple(reversed(path))


def _split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `proof` shows that `leaf` is number `index` of the `size` leaves under `root`."""
    if not 0 <= index < size:
        return False
    place, last, computed, rest = index, size - 1, leaf, list(proof)
    while last and rest:
        beside = rest.pop(0)
        if place & 1 or place == last:
            computed = node_hash(beside, computed)
            place, last = _strip(place, last)
        else:
            computed = node_hash(computed, beside)
        place, last = place >> 1, last >> 1
    return last == 0 and not rest and computed == root


def consistent(first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes) -> bool:
    """Whether `proof` shows the tree of `second` leaves to begin with the one of `first` leaves."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    # A first tree that is itself perfect is no node of the path: it starts it.
    rest = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    place, last = _strip(first - 1, second - 1, odd=True)
    return bool(rest) and _climb(place, last, rest) == (first_root, second_root)


def _climb(place: int, last: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    """Both roots that a consistency proof leads to, None where its length is wrong."""
    old = new = path[0]
    for beside in path[1:]:
        if last == 0:
            return None
        if place & 1 or place == last:
            old, new = node_hash(beside, old), node_hash(beside, new)
            place, last = _strip(place, last)
        else:
            new = node_hash(new, beside)
        place, last = place >> 1, last >> 1
    return (old, new) if last == 0 else None


def _strip(place: int, last: int, odd: bool = False) -> tuple[int, int]:
    """Go up while `place` is a left child (or, if `odd`, while it is a right one), to where the next hash joins."""
    while place and bool(place & 1) == odd:
        place, last = place >> 1, last >> 1
    return place, last
