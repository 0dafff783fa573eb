"""What notices, enrichments and tickets share: they are written once, and what is written stays."""

from datetime import datetime
from typing import Self, TypeVar

from actions.fields import Subject
from actions.ports import Ports
from engine.model.action import Params, Snapshot, Undo
from engine.ports import Action
from engine.target_ports import Records


class RecordParams(Params):
    """Base of the parameters of what is written: `target` is the subject, the rest is the body."""

    target: Subject

    def canonical_target(self) -> str:
        """As it is: people read it."""
        return self.target


P = TypeVar("P", bound=RecordParams)


class Written(Action[P]):
    """An action that writes one record; its kind is the action's id."""

    def __init__(self, records: Records) -> None:
        """Write there."""
        self._records = records

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it keeps records."""
        return cls(ports.records) if ports.records else None

    async def validate(self, params: P) -> None:
        """Nothing can be refused early."""

    async def snapshot(self, params: P) -> Snapshot:
        """Nothing stands before what is new."""
        return Snapshot(present=False)

    async def execute(self, params: P, key: str, expires_at: datetime | None) -> Undo:
        """Write it once, however often this is retried under `key`."""
        return Undo(handle=await self._records.write(self.spec.id, params.target, params.effect(), key))

    async def inspect(self, params: P, key: str) -> Undo | None:
        """The record, if it was written."""
        handle = await self._records.written(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: P, key: str) -> bool:
        """Read back whether it was written."""
        return await self._records.written(key) is not None

    async def release(self, params: P, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Nothing: what people were told stays told."""
