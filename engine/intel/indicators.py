"""Indicators in memory: looked up by what was seen.

Rules: 1. An address is found by itself and by every network around it, a domain by itself and by every parent but the
top level, a URL by itself and by its host. 2. Kinds do not mix otherwise; a host is the domain or the address it is
written as.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from engine.context.places import place, spelling
from engine.intel.prefixes import Prefixes
from engine.intel.values import canonical, host_of
from engine.model.context import Indicator
from engine.model.finding import Observable, ObservableType

_BY_HOST = (ObservableType.DOMAIN, ObservableType.IP)
_READ_AS = {
    ObservableType.HOST: _BY_HOST,
    ObservableType.URL: (ObservableType.URL, *_BY_HOST),
}
"""The kinds of indicator that may speak of an observable, where that is not only its own."""

Key = tuple[str, str]


class Indicators:
    """An index over indicators; made anew when they change."""

    def __init__(self, indicators: Iterable[Indicator] = ()) -> None:
        """Take them all."""
        self._exact = defaultdict[Key, list[Indicator]](list)
        self._places = Prefixes[Indicator]()
        for indicator in indicators:
            found = place(indicator.value) if indicator.type == ObservableType.IP else None
            if found is not None:
                self._places.add(found, indicator)
            else:
                self._exact[indicator.type, spelled(indicator.type, indicator.value)].append(indicator)

    def lookup(self, observable: Observable) -> Sequence[Indicator]:
        """What is said against this, newest first; expired or not."""
        value = spelled(observable.type, observable.value)
        kinds = _READ_AS.get(observable.type, (observable.type,))
        found = [one for kind in kinds for one in self._of(kind, named(observable.type, kind, value))]
        return tuple(sorted(found, key=lambda one: one.seen_at, reverse=True)) if found else ()

    def _of(self, kind: ObservableType, value: str) -> Iterator[Indicator]:
        if kind is ObservableType.IP:
            where = place(value)
            yield from () if where is None else self._places.around(where)
            return
        for name in parents(value) if kind is ObservableType.DOMAIN else (value,):
            yield from self._exact.get((kind, name), ())


def spelled(kind: str, value: str) -> str:
    """A value as it is compared; where it is none of its kind, as it is written but for case."""
    try:
        return canonical(ObservableType(kind), value)
    except ValueError:
        return spelling(value)


def named(seen: ObservableType, kind: ObservableType, value: str) -> str:
    """What an observable of type `seen` names as a `kind`: a URL as a domain or address is its host."""
    return host_of(value) if seen is ObservableType.URL and kind is not ObservableType.URL else value


def parents(domain: str) -> Iterator[str]:
    """A domain, and every domain it lies in but the top level."""
    yield domain
    while domain.count(".") > 1:
        domain = domain.partition(".")[2]
        yield domain
