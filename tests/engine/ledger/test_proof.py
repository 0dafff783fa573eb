"""A proof of one entry convinces whoever has the keys, by rules written down anew here; of no other is one given."""

import hashlib
import json

import pytest

from engine.errors import Denied, NotFound
from engine.ledger.note import SigningKey, verify
from engine.ledger.proof import Proof, build_proof
from tests.engine.ledger.conftest import Ledger, Ledgers

SIZES = (1, 2, 3, 5, 8, 13)


def root_by(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that RFC 9162 2.1.3.2 computes, by its recursive definition: the last hash is the outermost."""
    if size == 1:
        assert path == []
        return leaf
    *inner, outer = path
    split = 1 << (size - 1).bit_length() - 1
    left = index < split
    below = root_by(leaf, index, split, inner) if left else root_by(leaf, index - split, size - split, inner)
    return hashlib.sha256(b"\1" + (below + outer if left else outer + below)).digest()


def prove(ledger: Ledger, ledgers: Ledgers, seq: int, since: str | None = None) -> Proof:
    entries = [entry.data for entry in ledger.entries]
    return build_proof(entries, ledger.checkpoints[-1], ledgers.keyring, seq, since)


@pytest.fixture(scope="module")
def ledger(ledgers: Ledgers) -> Ledger:
    return ledgers.build([f"request/AR-{n % 4}" for n in range(15)], SIZES)


@pytest.mark.parametrize("size", SIZES)
def test_every_entry_leads_to_the_signed_root(ledgers: Ledgers, size: int) -> None:
    ledger = ledgers.build([f"request/AR-{n}" for n in range(size)], [size])
    for seq in range(size):
        proof = prove(ledger, ledgers, seq)
        leaf = hashlib.sha256(b"\0" + proof.entry.encode()).digest()
        path = [bytes.fromhex(part) for part in proof.path]
        checkpoint = verify(proof.checkpoint, ledgers.keyring).checkpoint
        assert root_by(leaf, seq, checkpoint.size, path) == checkpoint.root
        assert (json.loads(proof.entry)["seq"], proof.leaf) == (seq, leaf.hex())


def test_entries_behind_the_newest_checkpoint_wait_for_the_next(ledger: Ledger, ledgers: Ledgers) -> None:
    with pytest.raises(NotFound, match="entry 13 is not among the 13"):
        prove(ledger, ledgers, 13)


def test_the_growth_since_a_copy_is_shown_from_the_roots_alone(ledger: Ledger, ledgers: Ledgers) -> None:
    growth = prove(ledger, ledgers, 3, ledger.checkpoints[3]).growth
    assert growth is not None
    five = verify(growth.since, ledgers.keyring).checkpoint
    thirteen = verify(ledger.checkpoints[-1], ledgers.keyring).checkpoint
    # 13 leaves are 8 + 5, of which 8 are 4 + 4: the fifth leaf, its three neighbours, the four before, the five behind.
    fifth, sixth, pair, four, behind = [bytes.fromhex(part) for part in growth.path]
    assert _node(four, fifth) == five.root
    assert _node(_node(four, _node(_node(fifth, sixth), pair)), behind) == thirteen.root


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def test_nothing_is_proven_of_a_changed_ledger(ledger: Ledger, ledgers: Ledgers) -> None:
    data = [entry.data for entry in ledger.entries]
    changed = [*data[:5], data[5].replace(b"held", b"done"), *data[6:]]
    for entries in (changed, data[:12], [*data[1:], data[0]]):
        with pytest.raises(Denied, match="not those the newest checkpoint covers"):
            build_proof(entries, ledger.checkpoints[-1], ledgers.keyring, 2)


def test_a_checkpoint_that_is_not_ours_proves_nothing(ledger: Ledger, ledgers: Ledgers) -> None:
    data = [entry.data for entry in ledger.entries]
    forged = ledgers.seal(ledger.entries, [13], SigningKey(ledgers.key.name, bytes(32))).checkpoints[0]
    with pytest.raises(Denied, match="proves nothing: signed by a key outside"):
        build_proof(data, forged, ledgers.keyring, 2)


def test_a_copy_of_another_history_or_of_more_is_told(ledger: Ledger, ledgers: Ledgers) -> None:
    other = ledgers.build([f"other/{n}" for n in range(14)], [5, 14])
    with pytest.raises(Denied, match="not those the copied checkpoint covers"):
        prove(ledger, ledgers, 2, other.checkpoints[0])
    with pytest.raises(Denied, match="covers 14 entries, the newest here 13"):
        prove(ledger, ledgers, 2, other.checkpoints[1])
