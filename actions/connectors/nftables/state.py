"""Our table as it stands, and what of it really blocks; pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from actions.connectors.nftables import element
from actions.connectors.nftables.element import Element, span_of
from actions.connectors.nftables.listing import ListedRule, Listing
from actions.connectors.nftables.ruleset import (
    HOOKS,
    OURS,
    OWNERS,
    PRIORITY,
    REVISION,
    SETS,
    Expression,
    dropping,
    part,
    skeleton_rules,
)
from actions.connectors.nftables.values import is_owner
from engine.ports import Address, Network


@dataclass(frozen=True)
class Private:
    """What stands of the parts that belong to one owner alone."""

    owner: str
    has_set: bool
    has_chain: bool
    jumps: tuple[int, ...]
    """Handles of the jumps to its chain."""
    reached: bool
    """Whether nothing of somebody else's stands before a jump to it."""
    rules: tuple[ListedRule, ...]

    @property
    def complete(self) -> bool:
        """Whether a packet meets every rule of this owner."""
        count = len(self.rules)
        expected = [part(self.owner, n, count) for n in range(1, count + 1)]
        return self.reached and count > 0 and [rule.comment for rule in self.rules] == expected

    def is_whole(self, version: int) -> bool:
        """Whether it drops all from and to its target."""
        return [list(rule.expr) for rule in self.rules] == dropping(self.owner, version)


@dataclass(frozen=True)
class TableState:
    """Everything of ours. `sound` says that the skeleton stands, without which no element has any effect."""

    sound: bool = False
    revision: int | None = None
    elements: tuple[Element, ...] = ()
    privates: tuple[Private, ...] = ()
    skeleton: tuple[tuple[str, int], ...] = ()
    """Chain and handle of each rule of the skeleton that is there."""

    def of(self, owner: str) -> tuple[Element, ...]:
        """The elements that carry this owner key, in effect or not."""
        return tuple(element for element in self.elements if element.owner == owner)

    def private(self, owner: str) -> Private | None:
        """This owner's own parts, if there are any."""
        return next((private for private in self.privates if private.owner == owner), None)

    def standing(self, owner: str) -> Element | None:
        """The element of this owner key, if it is there and in effect."""
        return next((element for element in self.of(owner) if self._in_effect(element)), None)

    def covering(self, target: Address | Network) -> tuple[Element, ...]:
        """The elements, whoever's, that each block this target altogether."""
        wanted = span_of(target)
        return tuple(element for element in self.elements if element.span.holds(wanted) and self.is_whole(element))

    def is_whole(self, element: Element) -> bool:
        """Whether this element is in effect and no scope narrows it."""
        private = self.private(element.set)
        return self._in_effect(element) and (private is None or private.is_whole(element.span.version))

    def is_free(self, set_name: str, target: Address | Network) -> bool:
        """Whether a shared set can take this target: it keeps no two elements that overlap."""
        wanted = span_of(target)
        return not any(element.set == set_name and element.span.overlaps(wanted) for element in self.elements)

    def expired(self) -> tuple[str, ...]:
        """Owners whose private element the kernel has let go: what is left has no effect."""
        alive = {element.set for element in self.elements}
        return tuple(private.owner for private in self.privates if private.owner not in alive)

    def adding(self, element: Element) -> "TableState":
        """This state with one element more."""
        return replace(self, elements=(*self.elements, element))

    def without(self, owner: str) -> "TableState":
        """This state with nothing of this owner."""
        return replace(
            self,
            elements=tuple(element for element in self.elements if element.owner != owner),
            privates=tuple(private for private in self.privates if private.owner != owner),
        )

    def _in_effect(self, element: Element) -> bool:
        private = self.private(element.set)
        return self.sound and (element.set in SETS or (private is not None and private.complete))


def understand(listing: Listing | None) -> TableState:
    """The state behind nft's listing of our table; where there is no table, the empty state."""
    if listing is None:
        return TableState()
    return TableState(
        sound=_is_sound(listing),
        revision=_revision(listing),
        elements=tuple(_elements(listing)),
        privates=tuple(_privates(listing)),
        skeleton=tuple((rule.chain, rule.handle) for rule in listing.rules() if rule.comment == OURS),
    )


def _is_sound(listing: Listing) -> bool:
    chains = {(chain.name, chain.type, chain.hook, chain.prio) for chain in listing.chains()}
    sets = {listed.name for listed in listing.sets()}
    return (
        chains >= {(hook, "filter", hook, PRIORITY) for hook in HOOKS}
        and sets >= {*SETS, REVISION}
        and all(_begins_with(listing, chain, rules) for chain, rules in skeleton_rules().items())
    )


def _begins_with(listing: Listing, chain: str, rules: list[Expression]) -> bool:
    """Whether a chain's first rules are ours: a rule behind them cannot undo a drop, one before them could."""
    found = [list(rule.expr) for rule in listing.rules() if rule.chain == chain]
    return found[: len(rules)] == rules


def _revision(listing: Listing) -> int | None:
    found = (entry.val for listed in listing.sets() if listed.name == REVISION for entry in listed.elem)
    return next((value for value in found if isinstance(value, int)), None)


def _elements(listing: Listing) -> Iterator[Element]:
    for listed in listing.sets():
        if listed.name in SETS or is_owner(listed.name):
            version = 4 if listed.type == "ipv4_addr" else 6
            for entry in listed.elem:
                yield element.understand(listed.name, "interval" in listed.flags, version, entry)


def _privates(listing: Listing) -> Iterator[Private]:
    jumps = _rules(listing, OWNERS)
    reached = {rule.comment for rule in takewhile(lambda rule: is_owner(rule.comment), jumps)}
    sets = {listed.name for listed in listing.sets() if is_owner(listed.name)}
    chains = {chain.name for chain in listing.chains() if is_owner(chain.name)}
    for owner in sorted(sets | chains):
        handles = tuple(rule.handle for rule in jumps if rule.comment == owner)
        yield Private(owner, owner in sets, owner in chains, handles, owner in reached, _rules(listing, owner))


def _rules(listing: Listing, chain: str) -> tuple[ListedRule, ...]:
    return tuple(rule for rule in listing.rules() if rule.chain == chain)
