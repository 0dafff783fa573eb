"""A draft becomes an entry: numbered, chained to the last one of its subject, and reduced to the bytes to be sealed."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from engine.digest import canonical, decode
from engine.errors import EngineBug, InvalidInput
from engine.ledger.merkle import leaf_hash
from engine.model.entry import Draft, Entry


@dataclass(frozen=True)
class Sealed:
    """An entry, its canonical bytes, and the hex leaf hash by which the tree and the next entry hold it."""

    entry: Entry
    data: bytes
    hash: str


def build(draft: Draft, seq: int, n: int, prev: str) -> Sealed:
    """Entry `seq` of the ledger and `n` of its subject, after the one whose hash is `prev` (empty for the first).

    Raise `InvalidInput` for a body without JSON form, `EngineBug` for numbers that cannot follow each other.
    """
    if not 0 <= n <= seq or (n == 0) != (prev == ""):
        raise EngineBug(f"entry {seq} of the ledger cannot be #{n} of `{draft.subject}` after `{prev}`")
    # Not validated again: a draft was, and this is done for every entry of every transaction.
    entry = Entry.model_construct(
        seq=seq,
        n=n,
        prev=prev,
        subject=draft.subject,
        kind=draft.kind,
        actor=draft.actor,
        at=draft.at.astimezone(UTC),
        body=draft.body,
    )
    data = render(entry)
    return Sealed(entry, data, leaf_hash(data).hex())


def render(entry: Entry) -> bytes:
    """The canonical bytes of an entry; its time in UTC."""
    return canonical(
        {
            "seq": entry.seq,
            "n": entry.n,
            "prev": entry.prev,
            "subject": entry.subject,
            "kind": entry.kind,
            "actor": entry.actor,
            "at": timestamp(entry.at),
            "body": entry.body,
        }
    )


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, with microseconds where there are any."""
    return at.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def parse(data: bytes) -> Entry:
    """The entry in these bytes; raise `InvalidInput` unless they are exactly what `render` makes of it."""
    try:
        entry = Entry.model_validate(decode(data))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InvalidInput(f"not a ledger entry: {where}: {first['msg'].lower()}") from None
    if render(entry) != data:
        raise InvalidInput("not the canonical form of this entry")
    return entry
