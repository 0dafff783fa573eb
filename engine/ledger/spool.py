"""Entries of releases that acted while the ledger could not be written: kept on disk until the ledger takes them in.

Rules: 1. `append` returns only when the draft is on the disk. 2. A line cut off by a crash was never acknowledged and
is dropped. 3. A draft leaves the spool only after the ledger has it; a crash between the two hands it over again, so
each late draft carries the digest of its line, by which the ledger recognises what it has. 4. Any number of processes
append, one at a time takes in.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from pydantic import ValidationError

from engine.digest import canonical, decode
from engine.errors import InvalidInput, StoreUnavailable
from engine.ledger.disk import append, locked, write_whole
from engine.ledger.entries import timestamp
from engine.model.entry import Draft

LATE = "late"
"""Name under which a late entry's body says when the effect was, and the digest of its spooled line."""


class Spool:
    """One spool file, with its locks beside it."""

    def __init__(self, path: Path) -> None:
        """Name the file; its directory exists, the file need not."""
        self._path = path
        self._lock = path.with_name(f"{path.name}.lock")
        self._taking = path.with_name(f"{path.name}.taking")

    def append(self, draft: Draft) -> None:
        """Keep one draft (rule 1); raise `StoreUnavailable` where not even that can be written."""
        line = canonical(draft.model_dump(mode="json")) + b"\n"
        with self._locked():
            self._drop_torn()
            append(self._path, line, 0o600)

    def drafts(self) -> tuple[Draft, ...]:
        """All that is kept, oldest first, as it was appended."""
        return tuple(self._draft(line, number) for number, line in enumerate(self._lines(), 1))

    @contextmanager
    def taking(self, at: datetime) -> Iterator[tuple[Draft, ...]]:
        """Hand over what is kept as late drafts of `at`; forget it when the block ends, keep it if the block raises.

        Nothing is handed over while somebody else is taking in. Appending goes on meanwhile.
        """
        with locked(self._taking, wait=False) as ours:
            lines = self._lines() if ours else ()
            yield tuple(late(self._draft(line, number), line, at) for number, line in enumerate(lines, 1))
            if lines:
                self._forget(sum(map(len, lines)))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with locked(self._lock):
                yield
        except OSError as error:
            raise StoreUnavailable(f"spool file `{self._path}` cannot be used: {error.strerror}") from None

    def _lines(self) -> tuple[bytes, ...]:
        """The complete lines (rule 2)."""
        with self._locked():
            data = self._read()
        return tuple(line + b"\n" for line in data.split(b"\n")[:-1])

    def _read(self) -> bytes:
        return self._path.read_bytes() if self._path.exists() else b""

    def _draft(self, line: bytes, number: int) -> Draft:
        try:
            return Draft.model_validate(decode(line))
        except (InvalidInput, ValidationError):
            raise InvalidInput("not a spooled ledger entry", file=str(self._path), line=number) from None

    def _drop_torn(self) -> None:
        data = self._read()
        if data and not data.endswith(b"\n"):
            os.truncate(self._path, data.rfind(b"\n") + 1)

    def _forget(self, taken: int) -> None:
        """Rule 3: drop the first bytes, and keep what was appended since."""
        with self._locked():
            write_whole(self._path, self._read()[taken:], 0o600)


def late(draft: Draft, line: bytes, at: datetime) -> Draft:
    """The draft as the ledger takes it in at `at`: marked late, with the time of the effect."""
    mark = {"effect_at": timestamp(draft.at), "spooled": sha256(line).hexdigest()}
    return draft.model_copy(update={"at": at, "body": {**draft.body, LATE: mark}})
