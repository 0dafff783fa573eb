"""The simulated site's directory: accounts and their sessions."""

from collections.abc import Callable

from actions.simulators.elements import Elements
from actions.simulators.events import Op
from engine.errors import TargetRefused

DISABLE_ACCOUNT = "identity.disable_account"
REVOKE_SESSIONS = "identity.revoke_sessions"
REQUIRE_MFA = "identity.require_mfa"
ACTIONS = (DISABLE_ACCOUNT, REVOKE_SESSIONS, REQUIRE_MFA)


class SimulatedDirectory:
    """Disables accounts and revokes their sessions; signing in again is up to the account."""

    def __init__(self, elements: Elements, enabled: Callable[[str], bool | None]) -> None:
        """`enabled` tells how administrators left an account, None for one that is not there."""
        self._elements = elements
        self._enabled = enabled

    async def require_account(self, account: str) -> None:
        """Raise `TargetRefused` unless this account is there."""
        self._elements.state()
        if self._enabled(account) is None:
            raise TargetRefused(f"no account `{account}` in the directory")

    async def enabled(self, account: str) -> bool:
        """Whether one can sign in with it."""
        disabled = self._elements.standing(DISABLE_ACCOUNT, account)
        return bool(self._enabled(account)) and not disabled

    async def disable(self, account: str, owner: str) -> str:
        """Disable it once and return the handle."""
        return await self._elements.place(DISABLE_ACCOUNT, account, owner)

    async def revoke_sessions(self, account: str, owner: str) -> str:
        """End every session it has now, once, and return the handle."""
        return await self._elements.place(REVOKE_SESSIONS, account, owner, op=Op.DONE)

    async def sessions(self, account: str) -> int:
        """How many sessions it has open."""
        return self._elements.state().sessions_of(account)

    async def require_mfa(self, account: str, owner: str) -> str:
        """Ask for a second factor whenever somebody signs in with it, and return the handle."""
        return await self._elements.place(REQUIRE_MFA, account, owner)

    async def mfa_required(self, account: str, owner: str | None = None) -> bool:
        """Whether one factor is not enough, by anyone or by this owner key."""
        return self._elements.standing(REQUIRE_MFA, account, owner)

    async def element(self, owner: str) -> str | None:
        """Handle of what was done under this owner key, if it is there."""
        return self._elements.handle(owner)

    async def restore(self, owner: str) -> None:
        """Let go of an account that we disabled or asked a factor of; it is as before once nobody holds it."""
        self._elements.lift(owner)
