"""Disable one account, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from actions.fields import Account
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import Directory


class DisableAccountParams(Params):
    """Which account to disable."""

    target: Account


class DisableAccount(Action[DisableAccountParams]):
    """Disable an account; released by enabling it again, unless somebody else wants it disabled."""

    spec = ActionSpec(
        id="identity.disable_account",
        summary="disable an account in the directory",
        params=DisableAccountParams,
        target=TargetKind.ACCOUNT,
        impact=Impact.MEDIUM,
        d3fend="D3-AL",
        mitigations=("M1018", "M1036"),
    )

    def __init__(self, directory: Directory) -> None:
        """Disable in this directory."""
        self._directory = directory

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has a directory."""
        return cls(ports.directory) if ports.directory else None

    async def validate(self, params: DisableAccountParams) -> None:
        """Refuse an account that is not there."""
        await self._directory.require_account(params.target)

    async def snapshot(self, params: DisableAccountParams) -> Snapshot:
        """Whether it is disabled already."""
        return Snapshot(present=not await self._directory.enabled(params.target))

    async def execute(self, params: DisableAccountParams, key: str, expires_at: datetime | None) -> Undo:
        """Disable it once, however often this is retried under `key`."""
        return Undo(handle=await self._directory.disable(params.target, key))

    async def inspect(self, params: DisableAccountParams, key: str) -> Undo | None:
        """Our hold on the account, if it stands."""
        handle = await self._directory.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: DisableAccountParams, key: str) -> bool:
        """Read back whether it is disabled, and our hold stands."""
        return await self._directory.element(key) is not None and not await self._directory.enabled(params.target)

    async def release(self, params: DisableAccountParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Let go of it; an account that was disabled before, or that somebody else holds, stays disabled."""
        await self._directory.restore(key)
