"""Take one message, or several of one campaign, out of their mailboxes, for as long as the lease runs."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, model_validator

from actions.fields import MessageId
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import DONE, Mail


class QuarantineParams(Params):
    """Which message, by its Message-ID; `messages` are all there are where it is not alone, the target among them."""

    target: MessageId
    messages: Annotated[tuple[MessageId, ...], Field(max_length=500)] = ()

    def canonical_target(self) -> str:
        """As it is: the case of a Message-ID matters."""
        return self.target

    def every(self) -> tuple[str, ...]:
        """All messages."""
        return self.messages or (self.target,)

    @model_validator(mode="after")
    def _each_once(self) -> "QuarantineParams":
        if self.messages and self.target not in self.messages:
            raise ValueError("the target is not among the messages")
        if len(set(self.messages)) < len(self.messages):
            raise ValueError("a message is named twice")
        return self


class Quarantine(Action[QuarantineParams]):
    """Quarantine messages; released by putting them back. What became of each stands in the receipt."""

    spec = ActionSpec(
        id="mail.quarantine",
        summary="move messages into quarantine",
        params=QuarantineParams,
        target=TargetKind.MESSAGE,
        impact=Impact.LOW,
        d3fend="D3-ER",
        mitigations=("M1049",),
    )

    def __init__(self, mail: Mail) -> None:
        """Quarantine in this mail system."""
        self._mail = mail

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has mail."""
        return cls(ports.mail) if ports.mail else None

    async def validate(self, params: QuarantineParams) -> None:
        """Refuse messages of which none is there."""
        await self._mail.require_message(params.every())

    async def snapshot(self, params: QuarantineParams) -> Snapshot:
        """Which are in quarantine already."""
        held = [message for message in params.every() if await self._mail.quarantined(message)]
        return Snapshot(present=bool(held), state={"quarantined": [*held]})

    async def execute(self, params: QuarantineParams, key: str, expires_at: datetime | None) -> Undo:
        """Quarantine them once, however often this is retried under `key`."""
        return _receipt(key, await self._mail.quarantine(params.every(), key))

    async def inspect(self, params: QuarantineParams, key: str) -> Undo | None:
        """What became of each message, if our hold on any stands."""
        parts = await self._mail.parts(key)
        return None if parts is None else _receipt(key, parts)

    async def verify(self, params: QuarantineParams, key: str) -> bool:
        """Read back whether all of which it was said are in quarantine, and our hold stands."""
        parts = await self._mail.parts(key)
        done = [message for message, said in (parts or {}).items() if said == DONE]
        return bool(done) and all([await self._mail.quarantined(message) for message in done])

    async def release(self, params: QuarantineParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Put them back, unless somebody else wants them in quarantine."""
        await self._mail.restore(key)


def _receipt(key: str, parts: Mapping[str, str]) -> Undo:
    """Target by target where there are several."""
    return Undo(handle=key, details={"parts": {**parts}} if len(parts) > 1 else {})
