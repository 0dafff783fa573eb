"""Finds any edit, deletion, insertion, reordering or truncation: offline in an export, or in the live ledger's rows.

What can be told of the place: an entry that differs from the hash recorded beside it, a line that is damaged, and an
entry missing, doubled or out of its order are named exactly. Where the recorded hash was made to fit as well, the next
entry of the subject shows it, and at the latest the next checkpoint, which then names the entries since the one before.
Where the header's counts are at odds with a sealed export, header and end are equally suspect. A cut that ends at an
older checkpoint, with the header made to fit, shows only against a trusted copy of a later checkpoint.
Entries are streamed; memory grows with the number of subjects alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from engine.errors import InvalidInput
from engine.ledger.audit import Audit
from engine.ledger.export import RECORDS, Header, read_checkpoint, read_entry, read_header
from engine.ledger.note import VerifyingKey, peek
from engine.ledger.report import Report


class Row(NamedTuple):
    """An entry as a database keeps it: its number, its bytes, and the hex hash stored beside them, if any."""

    seq: int
    data: bytes
    hash: str = ""


def verify_export(
    lines: Iterable[bytes], keyring: Sequence[VerifyingKey], trusted_checkpoints: Sequence[str] = ()
) -> Report:
    """Verify an export from its lines, each with its newline; `trusted_checkpoints` are notes kept elsewhere."""
    audit = Audit("export", keyring, trusted_checkpoints)
    header: Header | None = None
    number = checkpoints = 0
    for number, line in enumerate(lines, 1):
        if number == 1:
            header = _header(line, audit)
        if number > 1 or line.startswith(RECORDS):
            checkpoints += _line(line, number, audit)
    if number == 0:
        audit.findings.add("export", "is empty")
    else:
        _require_whole(header, checkpoints, number + 1, audit)
    return audit.finish()


def verify_rows(
    rows: Iterable[Row],
    checkpoints: Iterable[str],
    keyring: Sequence[VerifyingKey],
    trusted_checkpoints: Sequence[str] = (),
) -> Report:
    """Verify the live ledger: its rows in order and its stored checkpoints in the order of their sizes.

    Entries after the last checkpoint are only counted (`entries - sealed`), for they wait for the next one.
    """
    audit = Audit("ledger", keyring, trusted_checkpoints)
    stored = _stored(checkpoints)
    following = next(stored, None)
    for row in rows:
        while following and following.size <= audit.entries:
            audit.checkpoint(following.note, following.place)
            following = next(stored, None)
        _row(row, audit)
    while following:
        audit.checkpoint(following.note, following.place)
        following = next(stored, None)
    return audit.finish()


class _Stored(NamedTuple):
    size: int
    place: str
    note: str


def _stored(notes: Iterable[str]) -> Iterator[_Stored]:
    """The stored checkpoints with the sizes they claim; one that cannot be read comes at once, to be told of."""
    for number, note in enumerate(notes, 1):
        try:
            size = peek(note).size
        except InvalidInput:
            size = 0
        yield _Stored(size, f"stored checkpoint {number}", note)


def _row(row: Row, audit: Audit) -> None:
    entry = audit.entry(row.data, row.hash, f"row {row.seq}")
    if entry and entry.seq != row.seq:
        audit.findings.add(f"row {row.seq}", f"holds entry {entry.seq}")


def _header(line: bytes, audit: Audit) -> Header | None:
    try:
        header = read_header(line)
    except InvalidInput as error:
        audit.findings.add("header", error.message, 1)
        return None
    return header


def _line(line: bytes, number: int, audit: Audit) -> bool:
    """Hand one line to the audit; return whether it is a checkpoint's."""
    entry = read_entry(line)
    if entry:
        audit.entry(*entry, f"line {number}", number)
        return False
    try:
        note = read_checkpoint(line)
    except InvalidInput as error:
        audit.findings.add("checkpoint", error.message, number)
        return True
    if note is None:
        audit.unreadable(f"line {number}", "is neither an entry nor a checkpoint", number)
        return False
    audit.checkpoint(note, "checkpoint", number)
    return True


def _require_whole(header: Header | None, checkpoints: int, end: int, audit: Audit) -> None:
    """An export is complete: sealed to its end, and what its header says."""
    if header and audit.origin not in (None, header.origin):
        audit.findings.add("header", f"its origin is not that of the checkpoints: {audit.origin}", 1)
    if not audit.in_order:
        return
    if audit.covered != audit.entries:
        sealed = f"{max(audit.covered, 0)} of {audit.entries} entries stand under one that holds"
        audit.findings.add("end", f"the checkpoint over the whole export is due here: {sealed}", end)
    if header and (header.entries, header.checkpoints) != (audit.entries, checkpoints):
        promised = f"{header.entries} entries and {header.checkpoints} checkpoints"
        message = (
            f"the header promises {promised}, here are {audit.entries} and {checkpoints}: cut, or the header changed"
        )
        audit.findings.add("end", message, end)
