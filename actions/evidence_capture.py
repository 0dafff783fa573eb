"""Take down what a target holds before anything destroys it: packets, a log, processes, or an account as it stands."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import Field

from actions.fields import Account
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Reversal, Snapshot, TargetKind, Undo
from engine.model.evidence import EvidenceKind, Receipt
from engine.ports import Action
from engine.target_ports import Evidence, EvidenceBounds


class CaptureParams(Params):
    """Of which host or account, what, and how much at most."""

    target: Account
    kind: EvidenceKind
    kilobytes: Annotated[int, Field(ge=1, le=65536)] = 1024
    seconds: Annotated[int, Field(ge=1, le=15)] = 5
    minutes: Annotated[int, Field(ge=1, le=1440)] = 60

    def bounds(self) -> EvidenceBounds:
        """As connectors are asked."""
        return EvidenceBounds(
            kind=self.kind,
            target=self.target,
            size=self.kilobytes * 1024,
            seconds=self.seconds,
            minutes=self.minutes,
        )


class Capture(Action[CaptureParams]):
    """Keep evidence under its digest; over once done, and nothing at the target changes."""

    spec = ActionSpec(
        id="evidence.capture",
        summary="take down what a host or an account holds, as evidence",
        params=CaptureParams,
        target=TargetKind.RECORD,
        impact=Impact.NONE,
        reversal=Reversal.SELF_HEALING,
        lasting=False,
    )

    def __init__(self, evidence: Evidence) -> None:
        """Take it from here."""
        self._evidence = evidence

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it can take evidence."""
        return cls(ports.evidence) if ports.evidence else None

    async def validate(self, params: CaptureParams) -> None:
        """Refuse what cannot be taken of this target."""
        await self._evidence.require_source(params.bounds())

    async def snapshot(self, params: CaptureParams) -> Snapshot:
        """Nothing stands before what is new."""
        return Snapshot(present=False)

    async def execute(self, params: CaptureParams, key: str, expires_at: datetime | None) -> Undo:
        """Take it once, however often this is retried under `key`."""
        return _receipt(await self._evidence.capture(params.bounds(), key))

    async def inspect(self, params: CaptureParams, key: str) -> Undo | None:
        """The receipt, if it was taken."""
        receipt = await self._evidence.receipt(key)
        return None if receipt is None else _receipt(receipt)

    async def verify(self, params: CaptureParams, key: str) -> bool:
        """Read back whether it is kept byte for byte, and is of this target."""
        receipt = await self._evidence.receipt(key)
        fits = receipt is not None and (receipt.kind, receipt.target) == (params.kind, params.target)
        return fits and await self._evidence.intact(key)

    async def release(self, params: CaptureParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Nothing: evidence is kept for as long as its retention says."""


def _receipt(receipt: Receipt) -> Undo:
    return Undo(handle=receipt.digest, details=receipt.model_dump(mode="json"))
