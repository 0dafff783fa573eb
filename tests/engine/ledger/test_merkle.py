"""The tree against the recursive definition of RFC 6962, and its proofs against every forgery tried."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InvalidInput
from engine.ledger.merkle import (
    CompactRange,
    consistency_proof,
    consistent,
    grow,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
)

LEAVES = tuple(leaf_hash(str(index).encode()) for index in range(70))
sizes = st.integers(1, len(LEAVES))


def split(count: int) -> int:
    return max(1 << power for power in range(10) if 1 << power < count)


def naive_root(data: tuple[bytes, ...]) -> bytes:
    """MTH of RFC 6962 2.1, word for word, over the entries themselves."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = split(len(data))
    return hashlib.sha256(b"\x01" + naive_root(data[:k]) + naive_root(data[k:])).digest()


def naive_path(m: int, data: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """PATH of RFC 6962 2.1.1."""
    if len(data) == 1:
        return ()
    k = split(len(data))
    if m < k:
        return (*naive_path(m, data[:k]), naive_root(data[k:]))
    return (*naive_path(m - k, data[k:]), naive_root(data[:k]))


def naive_proof(m: int, data: tuple[bytes, ...], whole: bool = True) -> tuple[bytes, ...]:
    """SUBPROOF of RFC 6962 2.1.2."""
    if m == len(data):
        return () if whole else (naive_root(data),)
    k = split(len(data))
    if m <= k:
        return (*naive_proof(m, data[:k], whole), naive_root(data[k:]))
    return (*naive_proof(m - k, data[k:], False), naive_root(data[:k]))


def flipped(value: bytes) -> bytes:
    return bytes([value[0] ^ 1]) + value[1:]


@given(st.lists(st.binary(max_size=9), max_size=70).map(tuple))
def test_the_root_is_that_of_the_recursive_definition(data: tuple[bytes, ...]) -> None:
    assert grow(map(leaf_hash, data)).root() == naive_root(data)


@given(st.lists(st.binary(max_size=3), min_size=1, max_size=40).map(tuple), st.data())
def test_proofs_are_those_of_the_recursive_definition(data: tuple[bytes, ...], draw: st.DataObject) -> None:
    leaves = tuple(map(leaf_hash, data))
    index = draw.draw(st.integers(0, len(data) - 1))
    assert inclusion_proof(leaves, index) == naive_path(index, data)
    assert consistency_proof(leaves, index + 1) == naive_proof(index + 1, data)


def test_every_leaf_of_every_small_tree_is_proven_and_no_other() -> None:
    for size in range(1, 34):
        root = grow(LEAVES[:size]).root()
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            assert includes(LEAVES[index], index, size, proof, root)
            assert not includes(flipped(LEAVES[index]), index, size, proof, root)
            assert not includes(LEAVES[index], index, size, (*proof, root), root)
            assert not includes(LEAVES[index], index, size, proof, flipped(root))
            assert not any(includes(LEAVES[index], other, size, proof, root) for other in range(size) if other != index)


def test_every_pair_of_small_trees_is_consistent_and_no_forged_one() -> None:
    roots = [grow(LEAVES[:size]).root() for size in range(34)]
    for second in range(1, 34):
        for first in range(1, second + 1):
            proof = consistency_proof(LEAVES[:second], first)
            assert consistent(first, second, proof, roots[first], roots[second])
            assert not consistent(first, second, proof, flipped(roots[first]), roots[second])
            assert not consistent(first, second, proof, roots[first], flipped(roots[second]))
            assert not consistent(first, second, (*proof, roots[1]), roots[first], roots[second])


@given(sizes, st.data())
def test_a_proof_with_any_hash_changed_or_dropped_proves_nothing(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, first_root = grow(LEAVES[:size]).root(), grow(LEAVES[: index + 1]).root()
    inclusion, consistency = inclusion_proof(LEAVES[:size], index), consistency_proof(LEAVES[:size], index + 1)
    for at in range(len(inclusion)):
        forged = (*inclusion[:at], flipped(inclusion[at]), *inclusion[at + 1 :])
        assert not includes(LEAVES[index], index, size, forged, root)
        assert not includes(LEAVES[index], index, size, inclusion[:at], root)
    for at in range(len(consistency)):
        forged = (*consistency[:at], flipped(consistency[at]), *consistency[at + 1 :])
        assert not consistent(index + 1, size, forged, first_root, root)
        assert not consistent(index + 1, size, consistency[:at], first_root, root)


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (0, 0), (1, 1), (7, 3)])
def test_places_outside_the_tree_prove_nothing(index: int, size: int) -> None:
    assert not includes(LEAVES[0], index, size, (), LEAVES[0])
    with pytest.raises(InvalidInput, match="is not among the first"):
        inclusion_proof(LEAVES[:size], index)


@pytest.mark.parametrize(("first", "second"), [(0, 1), (2, 1), (-1, 3), (0, 0)])
def test_sizes_out_of_order_prove_nothing(first: int, second: int) -> None:
    assert not consistent(first, second, (), LEAVES[0], LEAVES[0])
    with pytest.raises(InvalidInput, match="no consistency proof"):
        consistency_proof(LEAVES[:second], first)


def test_a_node_is_never_taken_for_a_leaf() -> None:
    pair = node_hash(LEAVES[0], LEAVES[1])
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != pair


@given(st.integers(0, 70), st.integers(0, 70))
def test_a_range_read_back_goes_on_where_it_stopped(stop: int, end: int) -> None:
    read = CompactRange.from_text(grow(LEAVES[:stop]).to_text())
    assert grow(LEAVES[stop:end], read).root() == grow(LEAVES[: max(stop, end)]).root()


@pytest.mark.parametrize(
    "text", ["", "x", "1", "0 " + "00" * 32, "1 " + "00" * 31, "2 " + "zz" * 32, "-1", "01 " + "00" * 32, "0\n"]
)
def test_a_range_that_was_not_written_by_us_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a compact range"):
        CompactRange.from_text(text)
