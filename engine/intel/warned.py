"""Warning lists in memory: which of them a value stands on.

Rules: 1. Addresses match lists of networks and of single values by longest prefix. 2. A name matches a list of host
names by itself and by every domain it lies in. 3. A URL is looked up as itself and by its host, whatever the list says
it speaks of. 4. Substrings and expressions are tried one by one, on the first `SEARCHED` characters of a value.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from engine.context.places import place
from engine.intel.indicators import parents, spelled
from engine.intel.prefixes import Prefixes
from engine.intel.values import host_of, kind_of
from engine.intel.warning_lists import compiled
from engine.model.context import ListedAs
from engine.model.finding import Observable, ObservableType
from engine.model.intel import Matching, WarningList

SEARCHED = 256
"""Characters of a value that substrings and expressions see."""

_Marked = tuple[WarningList, ListedAs]


class Warned:
    """An index over warning lists; made anew when they change."""

    def __init__(self, lists: Iterable[WarningList] = ()) -> None:
        """Take them all."""
        self._places = Prefixes[_Marked]()
        self._exact = defaultdict[str, list[_Marked]](list)
        self._under = defaultdict[str, list[_Marked]](list)
        self._searched = list[tuple[Callable[[str], bool], _Marked]]()
        for one in lists:
            marked = (one, ListedAs(kind=one.kind, list=one.name))
            for entry in one.entries:
                self._add(entry, marked)

    def lookup(self, observable: Observable) -> Sequence[ListedAs]:
        """The lists that it stands on."""
        value = spelled(observable.type, observable.value)
        found = dict[ListedAs, None]()
        for kind, name in _names(observable.type, value):
            for one, listed in self._on(name):
                if not one.types or kind in one.types:
                    found[listed] = None
        return tuple(found)

    def _on(self, name: str) -> Iterator[_Marked]:
        where = place(name)
        if where is not None:
            yield from self._places.around(where)
        else:
            yield from self._exact.get(name, ())
            for domain in (*parents(name), name.rpartition(".")[2]):
                yield from self._under.get(domain, ())
        beginning = name[:SEARCHED]
        yield from (marked for matches, marked in self._searched if matches(beginning))

    def _add(self, entry: str, marked: _Marked) -> None:
        where = place(entry)
        match marked[0].matching:
            case Matching.SUBSTRING:
                self._searched.append((_containing(entry), marked))
            case Matching.REGEX:
                self._searched.append((_matching(entry), marked))
            case _ if where is not None:
                self._places.add(where, marked)
            case Matching.HOSTNAME:
                self._under[spelled(ObservableType.DOMAIN, entry.strip("."))].append(marked)
            case _:
                self._exact[spelled(kind_of(entry), entry)].append(marked)


def _names(kind: ObservableType, value: str) -> Iterator[tuple[ObservableType, str]]:
    """What an observable is looked up as (rule 3)."""
    if kind is ObservableType.HOST:
        kind = ObservableType.DOMAIN if place(value) is None else ObservableType.IP
    yield kind, value
    if kind is ObservableType.URL:
        host = host_of(value)
        yield (ObservableType.DOMAIN if place(host) is None else ObservableType.IP), host


def _containing(entry: str) -> Callable[[str], bool]:
    part = entry.lower()
    return lambda value: part in value


def _matching(entry: str) -> Callable[[str], bool]:
    expression = compiled(entry)
    return lambda value: expression.search(value) is not None
