"""From our table as it stands and what is wanted to the commands that lead there; pure.

**Owners are independent.** nft keeps a key once per set, and an interval set keeps no two prefixes that overlap, so two
owners cannot both have an element for the same addresses in one set. Whoever comes first has the shared set, where a
packet finds any number of elements in one look; who comes later for the same or overlapping addresses, or narrows the
block by a scope, has a set and a chain of its own, named by its owner key. So every element belongs to exactly one
owner, carries that owner's own time-out, and goes without a look at any other. The alternatives were worse: owners
listed in one comment do not fit (128 characters) and end together, and a set for everyone costs each packet one look
per block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from actions.connectors.nftables.element import Element, span_of
from actions.connectors.nftables.ruleset import Commands, shared_set
from actions.connectors.nftables.state import TableState
from engine.errors import TargetRefused
from engine.model.base import Json
from engine.ports import Address, Network
from engine.target_ports import BlockScope


@dataclass(frozen=True)
class Block:
    """This owner's element shall stand; `timeout` in seconds, None for no end of its own."""

    owner: str
    target: Address | Network
    timeout: int | None
    scope: BlockScope | None = None


@dataclass(frozen=True)
class Renew:
    """This owner's element, which stands, shall end `timeout` seconds from now."""

    owner: str
    timeout: int | None


@dataclass(frozen=True)
class Release:
    """Nothing of this owner shall stand."""

    owner: str


Order = Block | Renew | Release
Refusal = tuple[Order, TargetRefused]


@dataclass(frozen=True)
class Plan:
    """The commands of one batch, none if there is nothing to do, and the orders that cannot be had."""

    commands: tuple[Json, ...]
    refused: tuple[Refusal, ...] = ()


SLACK = 2
"""Seconds by which two roundings of the same end may differ."""


def build_plan(build: Commands, state: TableState, orders: Sequence[Order]) -> Plan:
    """One batch for orders of different owners; the kernel refuses it whole if another writer was faster."""
    skeleton: list[Json] = []
    planned = state
    if not state.sound and any(isinstance(order, Block) for order in orders):
        skeleton = build.skeleton(state.skeleton)
        planned = replace(state, sound=True)
    work, refused = _steps(build, planned, orders)
    if not skeleton and not work:
        return Plan((), refused)
    ordered = {order.owner for order in orders}
    litter = [step for owner in state.expired() if owner not in ordered for step in _remove(build, state, owner)]
    return Plan((*skeleton, *build.next_revision(state.revision), *litter, *work), refused)


def _steps(build: Commands, state: TableState, orders: Sequence[Order]) -> tuple[list[Json], tuple[Refusal, ...]]:
    work: list[Json] = []
    refused: list[Refusal] = []
    for order in orders:
        try:
            commands, state = _step(build, state, order)
        except TargetRefused as refusal:
            refused.append((order, refusal))
        else:
            work += commands
    return work, tuple(refused)


def _step(build: Commands, state: TableState, order: Order) -> tuple[list[Json], TableState]:
    match order:
        case Block():
            return _block(build, state, order)
        case Renew():
            standing = state.standing(order.owner)
            if standing is None:
                raise TargetRefused(f"nothing of `{order.owner}` stands that could be renewed")
            return _retime(build, standing, order.timeout), state
        case Release():
            return _remove(build, state, order.owner), state.without(order.owner)


def _block(build: Commands, state: TableState, order: Block) -> tuple[list[Json], TableState]:
    for element in state.of(order.owner):
        if element.target != order.target:
            raise TargetRefused(f"`{order.owner}` stands for `{element.target}` already")
    standing = state.standing(order.owner)
    if standing is not None:
        return _retime(build, standing, order.timeout) if _ends_sooner(standing, order) else [], state
    remains, state = _remove(build, state, order.owner), state.without(order.owner)
    shared = shared_set(order.target)
    if order.scope is None and state.is_free(shared, order.target):
        name, added = shared, [build.add_element(shared, order.target, order.owner, order.timeout)]
    else:
        name, added = order.owner, build.add_private(order.target, order.owner, order.timeout, order.scope)
    element = Element(name, order.owner, order.target, span_of(order.target), order.timeout)
    return [*remains, *added], state.adding(element)


def _ends_sooner(standing: Element, order: Block) -> bool:
    """Whether an element must be kept longer; a repeated block never shortens it."""
    if standing.timeout is None:
        return False
    return order.timeout is None or order.timeout > (standing.expires or 0) + SLACK


def _retime(build: Commands, element: Element, timeout: int | None) -> list[Json]:
    """Replace an element by itself: the time-out of one that stands cannot be changed before Linux 6.12."""
    assert element.target is not None  # INVARIANT: what has an owner was made by us, of a plain target.
    return [
        build.delete_element(element.set, element.target),
        build.add_element(element.set, element.target, element.owner, timeout),
    ]


def _remove(build: Commands, state: TableState, owner: str) -> list[Json]:
    shared = [
        build.delete_element(element.set, element.target)
        for element in state.of(owner)
        if not element.private and element.target is not None
    ]
    private = state.private(owner)
    if private is None:
        return shared
    return [*shared, *build.delete_private(owner, private.jumps, private.has_chain, private.has_set)]
