"""The states of a request, a lease, a run, a task and a page, as tables; nothing else changes a state."""

from collections.abc import Mapping
from typing import TypeVar

from engine.errors import IllegalTransition
from engine.model.lease import LeaseState as L
from engine.model.page import PageState as G
from engine.model.request import RequestState as R
from engine.model.run import RunState as P
from engine.model.task import TaskState as T

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

RUN: Mapping[P, frozenset[P]] = {
    P.RUNNING: frozenset({P.DONE, P.FAILED, P.ROLLING_BACK, P.WITHDRAWN}),
    P.ROLLING_BACK: frozenset({P.ROLLED_BACK, P.WITHDRAWN}),
}
"""A playbook being carried out. States without a row are final."""

TASK: Mapping[T, frozenset[T]] = {
    T.OPEN: frozenset({T.ANSWERED, T.DECLINED, T.EXPIRED, T.WITHDRAWN}),
}
"""What a person is asked to do. States without a row are final."""

PAGE: Mapping[G, frozenset[G]] = {
    G.OPEN: frozenset({G.ACKNOWLEDGED, G.RESOLVED}),
    G.ACKNOWLEDGED: frozenset({G.OPEN, G.RESOLVED}),
}
"""Something people are paged about. States without a row are final."""

State = TypeVar("State", R, L, P, T, G)


def is_final(state: R | L | P | T | G) -> bool:
    """Whether nothing follows this state."""
    return not _after(state)


def require(before: State, after: State) -> None:
    """Raise `IllegalTransition` unless the table has this step."""
    if after not in _after(before):
        raise IllegalTransition(f"no step from `{before}` to `{after}`")


def _after(
    state: R | L | P | T | G,
) -> frozenset[R] | frozenset[L] | frozenset[P] | frozenset[T] | frozenset[G]:
    match state:
        case R():
            return REQUEST.get(state, frozenset())
        case L():
            return LEASE.get(state, frozenset())
        case P():
            return RUN.get(state, frozenset())
        case T():
            return TASK.get(state, frozenset())
        case G():
            return PAGE.get(state, frozenset())
