"""What the laws ask of an action under trial, and the desk that hands its work to `Hands`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from actions.simulators.faults import FaultKind
from engine.digest import work_digest
from engine.hands import Hands
from engine.model.action import Params
from engine.model.execution import CommitToken, Outcome, Work
from engine.ports import Action, Connector
from engine.token import TokenSigner, TokenVerifier

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
OURS, OTHER = "fl-00000000000000000001", "fl-00000000000000000002"


class Case(Protocol):
    """One action bound to one fresh connector, with parameters that fit there."""

    @property
    def action(self) -> Action[Params]:
        """The action, bound."""

    @property
    def params(self) -> Params:
        """Where to try it."""

    @property
    def connector(self) -> Connector:
        """What it works through."""

    async def effective(self) -> bool:
        """Whether the target is in effect blocked, isolated, written …: by trying, not by asking who did it."""

    async def others_act(self) -> None:
        """Let somebody else do the same to the same target, by hand."""

    def trace(self) -> object:
        """Everything that changed at the connector so far, to be compared."""


class FaultyCase(Case, Protocol):
    """A case whose connector can be made to misbehave."""

    def switch_on(self, fault: FaultKind, times: int | None = None) -> None:
        """Let this happen to the action."""

    def clear(self) -> None:
        """Switch every fault off."""


MakeCase = Callable[[Path], Case]
"""What a plug-in gives for each of its actions: a fresh case, with an empty folder to keep its things in."""


async def execute(case: Case, key: str = OURS) -> None:
    """Do it under this key."""
    await case.action.execute(case.params, key, SOON)


async def release(case: Case, key: str = OURS) -> None:
    """Take it back with the receipt lost."""
    await case.action.release(case.params, key, None, None)


class Desk:
    """Issues tokens for the one action of a case and hands the work to `Hands`."""

    def __init__(self, case: Case) -> None:
        """Its tokens open the work of this case alone."""
        self._case = case
        self._signer = TokenSigner(Ed25519PrivateKey.generate())
        actions = {(case.connector.instance, case.action.spec.id): case.action}
        verifier = TokenVerifier(self._signer.public_key)
        self.hands = Hands(actions, {case.connector.instance: case.connector}, verifier, lambda: NOW)

    def work(self, key: str = OURS) -> Work:
        """The case's work under a token of this moment."""
        spec, connector = self._case.action.spec, self._case.connector
        target, params = self._case.params.canonical_target(), self._case.params.effect()
        token = CommitToken(
            request_id="AR-1",
            lease_id="L-1",
            owner=key,
            digest=work_digest(spec.id, spec.version, connector.instance, target, params),
            executor=connector.executor,
            not_after=NOW + timedelta(seconds=10),
        )
        return Work(
            token=self._signer.sign(token),
            action=spec.id,
            action_version=spec.version,
            connector=connector.instance,
            executor=connector.executor,
            target=target,
            params=params,
            owner=key,
            expires_at=SOON,
        )

    async def apply(self, **told: object) -> Outcome:
        """Have it done, with whatever else is told in its work."""
        return await self.hands.apply(self.work().model_copy(update=told))

    async def inspect(self) -> Outcome:
        """Ask what stands."""
        return await self.hands.inspect(self.work())

    async def release(self, **told: object) -> Outcome:
        """Have it taken back, with whatever else is told in its work signed as the engine signs it."""
        return await self.hands.release(self._signer.vouch(self.work().model_copy(update=told)))
