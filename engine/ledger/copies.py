"""Checkpoints copied to where the database's administrators cannot reach: one append-only file of signed notes.

Each note is followed by a line `%%`, which occurs in none; one that a crash cut off is closed by `%% cut off` at the
next append. A file that holds a single note and no such line (saved from chat or syslog) is read as well.
"""

import re
from pathlib import Path

from engine.errors import InvalidInput, ServiceAway
from engine.ledger.disk import append, locked, tail
from engine.ledger.note import peek

END, CUT_OFF = b"%%\n", b"\n%% cut off\n"
MARK = re.compile(r"^%%( cut off)?\n", re.MULTILINE)


def append_copy(path: Path, note: str) -> None:
    """Append one note and sync it; raise `ServiceAway` where the place cannot be written.

    The directory must exist: to make it would hide that the place outside is not mounted.
    """
    try:
        with locked(path, 0o644):
            cut_off = tail(path, len(END)) not in (b"", END)
            append(path, (CUT_OFF if cut_off else b"") + note.encode() + END, 0o644)
    except OSError as error:
        raise ServiceAway(f"checkpoint copy `{path}` cannot be written: {error.strerror}") from None


def read_copies(path: Path) -> tuple[str, ...]:
    """Every complete note, oldest first; raise `InvalidInput` where there is none or one is damaged."""
    try:
        text = path.read_bytes().decode(errors="surrogateescape")
    except OSError as error:
        raise InvalidInput(f"checkpoint file `{path}` cannot be read: {error.strerror}") from None
    *pieces, rest = MARK.split(text)
    marked = list(zip(pieces[::2], pieces[1::2], strict=True))
    notes = [note for note, cut_off in marked if not cut_off] if marked else [rest]
    if not notes:
        raise InvalidInput(f"checkpoint file `{path}` holds no complete checkpoint")
    return tuple(_require_note(note, path, number) for number, note in enumerate(notes, 1))


def read_last_copy(path: Path) -> str:
    """The newest note in the file, for `--checkpoint`."""
    return read_copies(path)[-1]


def _require_note(note: str, path: Path, number: int) -> str:
    """Its form only; whose signature it bears is the verifier's question."""
    try:
        peek(note)
    except InvalidInput as error:
        raise InvalidInput(f"checkpoint {number} of `{path}` is damaged: {error.message}") from None
    return note
