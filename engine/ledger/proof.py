"""What shows one entry to be in the ledger, to somebody who has the public keys and nothing else of the ledger.

Whoever checks it hashes the entry, climbs `path` to the checkpoint's root (RFC 9162 2.1.3.2) and checks the
checkpoint's signature. `growth` shows the tree of an older checkpoint, copied long ago, to be the beginning of that
tree (RFC 9162 2.1.4.2). All hashes are hex.
"""

from collections.abc import Iterable, Sequence
from itertools import islice

from engine.errors import Denied, InvalidInput, NotFound
from engine.ledger.merkle import consistency_proof, consistent, grow, inclusion_proof, leaf_hash
from engine.ledger.note import Checkpoint, VerifyingKey, verify
from engine.model.base import Model


class Growth(Model):
    """How a later checkpoint goes on from an older one, which is the signed note `since`."""

    since: str
    path: tuple[str, ...]


class Proof(Model):
    """One entry, its canonical bytes as text, under one signed checkpoint."""

    seq: int
    entry: str
    leaf: str
    path: tuple[str, ...]
    size: int
    checkpoint: str
    growth: Growth | None = None


def build_proof(
    entries: Iterable[bytes], checkpoint: str, keyring: Sequence[VerifyingKey], seq: int, since: str | None = None
) -> Proof:
    """The proof of entry `seq` under `checkpoint`, and of its growth since an older one where that is given.

    `entries` are all from the first on; those behind the checkpoint are not looked at. Raise `NotFound` where the
    checkpoint does not cover the entry yet, and `Denied` where the entries are not what the checkpoints say.
    """
    sealed = _sealed(checkpoint, keyring)
    if not 0 <= seq < sealed.size:
        raise NotFound(f"entry {seq} is not among the {sealed.size} entries under the newest checkpoint")
    leaves, wanted = list[bytes](), b""
    for number, data in enumerate(islice(entries, sealed.size)):
        leaves.append(leaf_hash(data))
        wanted = data if number == seq else wanted
    if len(leaves) != sealed.size or grow(leaves).root() != sealed.root:
        raise Denied("the entries are not those the newest checkpoint covers: see `fireline ledger verify`")
    return Proof(
        seq=seq,
        entry=wanted.decode(),
        leaf=leaves[seq].hex(),
        path=_hex(inclusion_proof(leaves, seq)),
        size=sealed.size,
        checkpoint=checkpoint,
        growth=None if since is None else _growth(leaves, sealed, _sealed(since, keyring), since),
    )


def _sealed(note: str, keyring: Sequence[VerifyingKey]) -> Checkpoint:
    try:
        return verify(note, keyring).checkpoint
    except InvalidInput as error:
        raise Denied(f"a checkpoint proves nothing: {error.message}") from error


def _growth(leaves: Sequence[bytes], sealed: Checkpoint, older: Checkpoint, note: str) -> Growth:
    if older.origin != sealed.origin:
        raise Denied(f"the copied checkpoint is of another ledger: `{older.origin}`")
    if not 0 < older.size <= sealed.size:
        raise Denied(f"the copied checkpoint covers {older.size} entries, the newest here {sealed.size}")
    path = consistency_proof(leaves, older.size)
    if not consistent(older.size, sealed.size, path, older.root, sealed.root):
        raise Denied("the entries are not those the copied checkpoint covers: see `fireline ledger verify`")
    return Growth(since=note, path=_hex(path))


def _hex(path: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(part.hex() for part in path)
