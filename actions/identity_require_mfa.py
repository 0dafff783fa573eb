"""Ask for a second factor whenever somebody signs in with an account, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from actions.fields import Account
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import Directory


class RequireMfaParams(Params):
    """Of which account."""

    target: Account


class RequireMfa(Action[RequireMfaParams]):
    """Require a second factor; released by letting go of our own requirement."""

    spec = ActionSpec(
        id="identity.require_mfa",
        summary="ask for a second factor at every sign-in of an account",
        params=RequireMfaParams,
        target=TargetKind.ACCOUNT,
        impact=Impact.LOW,
        d3fend="D3-MFA",
        mitigations=("M1032",),
    )

    def __init__(self, directory: Directory) -> None:
        """Require it in this directory."""
        self._directory = directory

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has a directory."""
        return cls(ports.directory) if ports.directory else None

    async def validate(self, params: RequireMfaParams) -> None:
        """Refuse an account that is not there."""
        await self._directory.require_account(params.target)

    async def snapshot(self, params: RequireMfaParams) -> Snapshot:
        """Whether a second factor is asked already."""
        return Snapshot(present=await self._directory.mfa_required(params.target))

    async def execute(self, params: RequireMfaParams, key: str, expires_at: datetime | None) -> Undo:
        """Require it once, however often this is retried under `key`."""
        return Undo(handle=await self._directory.require_mfa(params.target, key))

    async def inspect(self, params: RequireMfaParams, key: str) -> Undo | None:
        """Our requirement, if it stands."""
        handle = await self._directory.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: RequireMfaParams, key: str) -> bool:
        """Read back from the directory whether our requirement stands."""
        return await self._directory.mfa_required(params.target, key)

    async def release(self, params: RequireMfaParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Let go of our requirement only; somebody else's stays."""
        await self._directory.restore(key)
