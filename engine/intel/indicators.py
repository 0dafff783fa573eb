"""Indicators in memory: looked up by what was seen, counted by who says so.

Rules: 1. An address is found by itself and by every network around it, a domain by itself and by every parent but the
top level. 2. Independent are origins of different owners; two feeds of one owner are copies of each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from engine.context.places import place, spelling, within
from engine.model.context import Indicator
from engine.model.finding import Observable, ObservableType
from engine.ports import Network

_NAMED_BY_HOST = {ObservableType.HOST: (ObservableType.DOMAIN, ObservableType.IP)}
"""A host may be written as a domain or an address."""

Key = tuple[str, str]


class Indicators:
    """An index over indicators."""

    def __init__(self, indicators: Iterable[Indicator]) -> None:
        """Take them all."""
        self._exact = defaultdict[Key, list[Indicator]](list)
        self._networks: list[tuple[Network, Indicator]] = []
        for indicator in indicators:
            found = place(indicator.value) if indicator.type == ObservableType.IP else None
            if isinstance(found, Network):
                self._networks.append((found, indicator))
            else:
                self._exact[indicator.type, spelling(indicator.value)].append(indicator)

    def lookup(self, observable: Observable) -> Sequence[Indicator]:
        """What is said against this, newest first."""
        types = _NAMED_BY_HOST.get(observable.type, (observable.type,))
        found = [one for kind in types for one in self._of(kind, spelling(observable.value))]
        return tuple(sorted(found, key=lambda one: one.seen_at, reverse=True))

    def _of(self, kind: ObservableType, value: str) -> Iterator[Indicator]:
        names = _parents(value) if kind is ObservableType.DOMAIN else (value,)
        for name in names:
            yield from self._exact.get((kind, name), ())
        at = place(value) if kind is ObservableType.IP else None
        if at is not None:
            yield from (indicator for network, indicator in self._networks if within(at, network))


def owners(indicators: Iterable[Indicator]) -> frozenset[str]:
    """Whose observations these are: as many as there are independent origins (rule 2)."""
    return frozenset(indicator.owner.strip().lower() for indicator in indicators) - {""}


def _parents(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    return (".".join(labels[i:]) for i in range(max(1, len(labels) - 1)))
