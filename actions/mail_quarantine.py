"""Take one message out of its mailboxes, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from actions.fields import MessageId
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import Mail


class QuarantineParams(Params):
    """Which message, by its Message-ID."""

    target: MessageId

    def canonical_target(self) -> str:
        """As it is: the case of a Message-ID matters."""
        return self.target


class Quarantine(Action[QuarantineParams]):
    """Quarantine a message; released by putting it back."""

    spec = ActionSpec(
        id="mail.quarantine",
        summary="move a message into quarantine",
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
        """Refuse a message that was not delivered."""
        await self._mail.require_message(params.target)

    async def snapshot(self, params: QuarantineParams) -> Snapshot:
        """Whether it is in quarantine already."""
        return Snapshot(present=await self._mail.quarantined(params.target))

    async def execute(self, params: QuarantineParams, key: str, expires_at: datetime | None) -> Undo:
        """Quarantine it once, however often this is retried under `key`."""
        return Undo(handle=await self._mail.quarantine(params.target, key))

    async def inspect(self, params: QuarantineParams, key: str) -> Undo | None:
        """Our hold on the message, if it stands."""
        handle = await self._mail.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: QuarantineParams, key: str) -> bool:
        """Read back whether it is in quarantine, and our hold stands."""
        return await self._mail.element(key) is not None and await self._mail.quarantined(params.target)

    async def release(self, params: QuarantineParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Put it back, unless somebody else wants it in quarantine."""
        await self._mail.restore(key)
