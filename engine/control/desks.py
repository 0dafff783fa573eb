"""The desk of each transaction: what stays the same, with the policy, playbooks and context active in it.

INVARIANT: what is active stands in the database alone. A transaction reads it there, so that whatever is decided after
an activation, even in the same commit, is decided by what was activated; and a commit that fails takes nothing along.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from engine.bundles import playbooks_of, policy_of, require, set_digest
from engine.context.stored import known_in
from engine.control.desk import Desk
from engine.errors import InvalidInput
from engine.model.governance import Kind, SourceText
from engine.playbook import Playbook
from engine.policy_file import Policy
from engine.ports import Context
from engine.store.store import Store
from engine.store.tx import Tx

T = TypeVar("T")
UNFIT = (
    "what is active does not fit this version of Fireline, and nothing else may decide in its place: "
    "go back to the former version, and propose there what both take"
)
KEPT = 16
"""Compiled policies, and sets of playbooks, at hand; any other is compiled again when it is asked for."""


class Desks:
    """Gives the desk to work with; with a transaction the one that is right in it."""

    def __init__(self, given: Desk) -> None:
        """`given` is in force as long as nothing was ever activated."""
        self._given, self.latest = given, given
        self._policies: _Compiled[Policy] = _Compiled({given.policy.digest: given.policy})
        self._playbooks: _Compiled[tuple[Playbook, ...]] = _Compiled({set_digest(given.playbooks): (*given.playbooks,)})
        self._contexts: _Compiled[Context] = _Compiled({}, kept=2)
        self._made: tuple[Mapping[Kind, str], Desk] = ({}, given)

    def __call__(self, tx: Tx | None = None) -> Desk:
        """The desk in `tx`; outside of any, the last that was active, for what never changes of it."""
        if tx is None:
            return self.latest
        active, (known, desk) = tx.governance.active(), self._made
        if active == known:
            return desk
        desk = self._make(tx, active)
        self._made = (active, desk)
        return desk

    def _make(self, tx: Tx, active: Mapping[Kind, str]) -> Desk:
        desk = self._given
        if Kind.POLICY in active:
            desk = replace(desk, policy=self.policy(tx, active[Kind.POLICY]))
        if Kind.PLAYBOOKS in active:
            desk = replace(desk, playbooks=self.playbooks(tx, active[Kind.PLAYBOOKS]))
        if Kind.CONTEXT in active and desk.place is not None:
            desk = replace(desk, context=self.context(tx, active[Kind.CONTEXT]))
        return desk

    def context(self, tx: Tx, digest: str) -> Context:
        """What is known of the place with the sources under this digest, active or not."""
        place = self._given.place
        if place is None:
            return self._given.context
        return self._contexts.get(digest, lambda: place(known_in(_files(tx, Kind.CONTEXT, digest))))

    def policy(self, tx: Tx, digest: str) -> Policy:
        """The policy under this digest, active or not."""
        return self._policies.get(digest, lambda: policy_of(_files(tx, Kind.POLICY, digest), self._given.specs))

    def playbooks(self, tx: Tx, digest: str) -> tuple[Playbook, ...]:
        """The set of playbooks under this digest, active or not."""
        return self._playbooks.get(digest, lambda: playbooks_of(_files(tx, Kind.PLAYBOOKS, digest), self._given.specs))

    def have(self, tx: Tx, kind: Kind, digest: str) -> None:
        """Have something compiled at hand before the one writer would have to wait for it."""
        compiled = {Kind.POLICY: self.policy, Kind.PLAYBOOKS: self.playbooks, Kind.CONTEXT: self.context}
        compiled[kind](tx, digest)

    async def follow(self, store: Store) -> None:
        """Have `latest` be what is active as of now; raise `InvalidInput` where this version does not take it."""
        try:
            self.latest = await store.read(self)
        except InvalidInput as error:
            raise InvalidInput(f"{error}\n{UNFIT}") from error


class _Compiled(Generic[T]):
    """The last few that were asked for, by digest."""

    def __init__(self, known: dict[str, T], kept: int = KEPT) -> None:
        self._known, self._kept, self._lock = known, kept, threading.Lock()

    def get(self, digest: str, make: Callable[[], T]) -> T:
        with self._lock:
            found = self._known.pop(digest, None)
        found = make() if found is None else found
        with self._lock:
            self._known[digest] = found
            if len(self._known) > self._kept:
                del self._known[next(iter(self._known))]
        return found


def _files(tx: Tx, kind: Kind, digest: str) -> Sequence[SourceText]:
    return require(tx.governance.bundle(kind, digest), kind, digest).files
