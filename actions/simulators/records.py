"""A file outbox for notices, enrichments and tickets: one JSON line each, `outbox.jsonl`."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from actions.simulators.gate import Gate
from actions.simulators.ground import Clock
from actions.simulators.journal import Journal
from engine.errors import InvalidInput
from engine.model.base import AwareDatetime, Json, Model

ACTIONS = ("notify", "enrich", "ticket")


class Record(Model):
    """One line of the outbox."""

    at: AwareDatetime
    kind: str
    subject: str
    body: Json
    owner: str


class FileRecords:
    """Writes each record once, whichever of several processes asks, and however often."""

    def __init__(self, path: Path, gate: Gate, clock: Clock) -> None:
        """`path` is the outbox file; `clock` dates the records."""
        self._path = path
        self._gate = gate
        self._clock = clock
        self._written: dict[str, Record] = {}
        self._journal = Journal(path, self._fold)

    async def write(self, kind: str, subject: str, body: Json, owner: str) -> str:
        """Write a record once under `owner` and return its handle."""
        self._gate.require_answer(ACTIONS)
        await self._gate.before_execute(kind)
        if not self._gate.lies(kind):
            self._write_once(Record(at=self._clock(), kind=kind, subject=subject, body=body, owner=owner))
        self._gate.after_execute(kind)
        return owner

    async def written(self, owner: str) -> str | None:
        """Handle of the record of this owner key, if it was written."""
        self._gate.require_answer(ACTIONS)
        self._journal.refresh()
        return owner if owner in self._written else None

    def all(self) -> Sequence[Record]:
        """Every record, oldest first."""
        self._journal.refresh()
        return [*self._written.values()]

    def _write_once(self, record: Record) -> None:
        with self._journal.writing() as append:
            if record.owner not in self._written:
                append(record.model_dump_json().encode())

    def _fold(self, line: bytes) -> None:
        try:
            record = Record.model_validate_json(line)
        except ValidationError:
            raise InvalidInput(
                "not a record of the outbox", file=str(self._path), line=len(self._written) + 1
            ) from None
        self._written[record.owner] = record
