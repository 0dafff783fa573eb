"""The states of an action request and of a lease, as tables; nothing else changes a state."""

from collections.abc import Mapping
from typing import TypeVar

from engine.errors import IllegalTransition
from engine.model.lease import LeaseState as L
from engine.model.request import RequestState as R

REQUEST: Mapping[R, frozenset[R]] = {
    R.REQUESTED: frozenset({R.DENIED, R.OBSERVED, R.QUEUED, R.AWAITING_APPROVAL, R.AUTHORISED}),
    R.AWAITING_APPROVAL: frozenset({R.AUTHORISED, R.REJECTED, R.EXPIRED, R.SUPERSEDED, R.WITHDRAWN}),
    R.AUTHORISED: frozenset({R.HELD, R.BLOCKED, R.FAILED}),
    R.HELD: frozenset({R.VETOED, R.WITHDRAWN, R.ENDED}),
}
"""Request: every state it may leave, and to where. States without a row are final."""

LEASE: Mapping[L, frozenset[L]] = {
    L.APPLYING: frozenset({L.ACTIVE, L.UNKNOWN, L.FAILED}),
    L.UNKNOWN: frozenset({L.ACTIVE, L.FAILED}),
    L.ACTIVE: frozenset({L.RELEASING, L.DRIFTED}),
    L.DRIFTED: frozenset({L.ACTIVE, L.SURRENDERED}),
    L.RELEASING: frozenset({L.RELEASED, L.STUCK}),
    L.STUCK: frozenset({L.RELEASED}),
}
"""Lease, one generation. States without a row are final."""

State = TypeVar("State", R, L)


def _after(state: R | L) -> frozenset[R] | frozenset[L]:
    return REQUEST.get(state, frozenset()) if isinstance(state, R) else LEASE.get(state, frozenset())


def is_final(state: R | L) -> bool:
    """Whether nothing follows this state."""
    return not _after(state)


def require(before: State, after: State) -> None:
    """Raise `IllegalTransition` unless the table has this step."""
    if after not in _after(before):
        raise IllegalTransition(f"no step from `{before}` to `{after}`")
