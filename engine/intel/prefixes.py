"""Addresses and networks, found by what lies in them: one table a prefix length, asked from the longest down."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Generic, TypeVar

from engine.context.places import Place
from engine.ports import Network

T = TypeVar("T")


class Prefixes(Generic[T]):
    """Things kept under addresses and networks; a lookup asks at most as many tables as there are prefix lengths."""

    def __init__(self) -> None:
        """Begin empty."""
        self._tables: dict[int, dict[int, dict[int, list[T]]]] = {4: {}, 6: {}}
        self._lengths: dict[int, list[int]] = {4: [], 6: []}

    def add(self, where: Place, thing: T) -> None:
        """Keep a thing under an address or network."""
        number, length = _prefix(where)
        tables = self._tables[where.version]
        if length not in tables:
            tables[length] = defaultdict(list)
            self._lengths[where.version] = sorted(tables, reverse=True)
        tables[length][number >> (where.max_prefixlen - length)].append(thing)

    def around(self, where: Place) -> Iterator[T]:
        """What is kept under this place or a network around it, the narrowest first."""
        number, own = _prefix(where)
        tables = self._tables[where.version]
        for length in self._lengths[where.version]:
            if length <= own:
                yield from tables[length].get(number >> (where.max_prefixlen - length), ())


def _prefix(where: Place) -> tuple[int, int]:
    if isinstance(where, Network):
        return int(where.network_address), where.prefixlen
    return int(where), where.max_prefixlen
