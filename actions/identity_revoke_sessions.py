"""End the sessions one account has now; whoever knows the password signs in again."""

from datetime import datetime
from typing import Self

from actions.fields import Account
from actions.ports import Ports
from engine.model.action import ActionSpec, Impact, Params, Reversal, Snapshot, TargetKind, Undo
from engine.ports import Action
from engine.target_ports import Directory


class RevokeSessionsParams(Params):
    """Whose sessions to end."""

    target: Account


class RevokeSessions(Action[RevokeSessionsParams]):
    """End every session of an account; over once done, and there is nothing to release."""

    spec = ActionSpec(
        id="identity.revoke_sessions",
        summary="end every session of an account",
        params=RevokeSessionsParams,
        target=TargetKind.ACCOUNT,
        impact=Impact.LOW,
        reversal=Reversal.SELF_HEALING,
        lasting=False,
        d3fend="D3-ST",
        mitigations=("M1018",),
    )

    def __init__(self, directory: Directory) -> None:
        """Revoke in this directory."""
        self._directory = directory

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has a directory."""
        return cls(ports.directory) if ports.directory else None

    async def validate(self, params: RevokeSessionsParams) -> None:
        """Refuse an account that is not there."""
        await self._directory.require_account(params.target)

    async def snapshot(self, params: RevokeSessionsParams) -> Snapshot:
        """How many sessions it has."""
        sessions = await self._directory.sessions(params.target)
        return Snapshot(present=sessions == 0, state={"sessions": sessions})

    async def execute(self, params: RevokeSessionsParams, key: str, expires_at: datetime | None) -> Undo:
        """End them once: a retry under `key` leaves alone who has signed in since."""
        return Undo(handle=await self._directory.revoke_sessions(params.target, key))

    async def inspect(self, params: RevokeSessionsParams, key: str) -> Undo | None:
        """The receipt of having done so, if there is one."""
        handle = await self._directory.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: RevokeSessionsParams, key: str) -> bool:
        """Read back that the directory did so under `key`; sessions opened since do not count."""
        return await self._directory.element(key) is not None

    async def release(self, params: RevokeSessionsParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Nothing: ended sessions do not come back, people sign in again."""
