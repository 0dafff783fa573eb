"""One policy out of a file and the layer below it, each value still knowing where it was written; and what it says.

Mappings are merged key by key, lists of things with an `id` by that id; any other value of the lower layer stands in
place of the higher one's. Nothing is ever removed. A section that `SECTIONS` does not know may be said by one layer
only.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from pydantic import JsonValue

from engine.documents import Document, Position, Step
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.policy import PolicyDocument

Path_ = tuple[Step, ...]


class How(Enum):
    """How a section of two layers becomes one."""

    INSTEAD = "the lower layer's"
    INTO = "the lower layer's values and clauses into the higher one's"
    BOTH = "what either lists"


SECTIONS: Mapping[str, How] = {
    **dict.fromkeys(("policy", "version", "description", "owner"), How.INSTEAD),
    **dict.fromkeys(("enforcement", "tiers", "confidence", "matrix", "rules"), How.INTO),
    **dict.fromkeys(("budgets", "autonomy", "learning", "grants", "calendars"), How.INTO),
    **dict.fromkeys(("governance", "break_glass", "leases", "exclusions", "protected"), How.INTO),
    **dict.fromkeys(("authorised_activity", "look_back", "harm"), How.INTO),
    **dict.fromkeys(("foreseen", "final", "history"), How.BOTH),
}
_UNORDERED = frozenset(
    {"actions", "but_not", "classes", "conditions", "coverage", "final", "foreseen", "groups"}
    | {"overrides", "segments", "tell"}
)
"""Lists of texts whose order says nothing."""


def said(document: PolicyDocument) -> Json:
    """What a policy says, whatever its layers, layout, order, and spelling of durations and defaults."""
    plain = document.model_dump(mode="json", exclude_defaults=True)
    return {name: _ordered(name, value) for name, value in plain.items()}


def _ordered(name: str, value: JsonValue) -> JsonValue:
    match value:
        case dict():
            return {key: _ordered(key, item) for key, item in value.items()}
        case list() if (names := identified(value)) is not None:
            by_id = sorted(zip(names, range(len(value)), strict=True))
            return [_ordered(name, value[index]) for _, index in by_id]
        case list() if name in _UNORDERED:
            return sorted(value, key=str)
        case list():
            return [_ordered(name, item) for item in value]
    return value


def identified(value: JsonValue) -> list[str] | None:
    """The ids of a list of things with an id; None where it is anything else."""
    if not isinstance(value, list):
        return None
    names = [item.get("id") for item in value if isinstance(item, dict)]
    texts = [name for name in names if isinstance(name, str)]
    return texts if len(texts) == len(value) else None


def merge(above: Document, below: Document) -> Document:
    """The policy that the two say together."""
    merger = _Merger(above, below)
    data = {name: merger.section(name) for name in dict.fromkeys([*above.data, *below.data])}
    merger.values[()] = below.at(())
    return Document(below.name, data, merger.values, merger.keys)


def undefined(above: Document, below: Document) -> Iterator[InvalidInput]:
    """Sections that both layers say, and say differently, although nothing defines what that means."""
    for name in below.data:
        if name in above.data and name not in SECTIONS and above.data[name] != below.data[name]:
            place = above.at([name], key=True)
            message = f"`{name}` stands in {place.file}:{place.line} already, and only one layer may say it"
            yield below.at([name], key=True).error(message)


def at(data: JsonValue, path: Sequence[Step]) -> JsonValue:
    """The value at a path that exists."""
    for step in path:
        data = data[step]  # type: ignore[index]
    return data


class _Merger:
    """Builds the data of the merged document, and the places of all its values."""

    def __init__(self, above: Document, below: Document) -> None:
        self._above, self._below = above, below
        self.values: dict[Path_, Position] = {}
        self.keys: dict[Path_, Position] = {}

    def section(self, name: str) -> JsonValue:
        path, how = (name,), SECTIONS.get(name, How.INSTEAD)
        if name not in self._below.data or name not in self._above.data:
            return self._take(self._below if name in self._below.data else self._above, path, path)
        match how:
            case How.INSTEAD:
                return self._take(self._below, path, path)
            case How.INTO:
                return self._into(path, path, path)
            case How.BOTH:
                return self._both(path)

    def _take(self, source: Document, old: Path_, new: Path_) -> JsonValue:
        """The value as it stands in that file."""
        self.values[new] = source.at(old)
        if isinstance(new[-1], str):
            self.keys[new] = source.at(old, key=True)
        value = at(source.data, old)
        match value:
            case dict():
                return {key: self._take(source, (*old, key), (*new, key)) for key in value}
            case list():
                return [self._take(source, (*old, index), (*new, index)) for index in range(len(value))]
        return value

    def _into(self, above: Path_, below: Path_, new: Path_) -> JsonValue:
        high, low = at(self._above.data, above), at(self._below.data, below)
        self.values[new] = self._below.at(below)
        if isinstance(high, dict) and isinstance(low, dict):
            return {key: self._value(high, low, key, above, below, new) for key in dict.fromkeys([*high, *low])}
        high_names, low_names = identified(high), identified(low)
        if high_names is None or low_names is None:
            return self._take(self._below, below, new)
        return [*self._items(high_names, low_names, above, below, new)]

    def _value(self, high: Json, low: Json, key: str, above: Path_, below: Path_, new: Path_) -> JsonValue:
        if key in high and key in low:
            self.keys[*new, key] = self._below.at((*below, key), key=True)
            return self._into((*above, key), (*below, key), (*new, key))
        source, path = (self._below, below) if key in low else (self._above, above)
        return self._take(source, (*path, key), (*new, key))

    def _items(
        self, high: Sequence[str], low: Sequence[str], above: Path_, below: Path_, new: Path_
    ) -> Iterator[JsonValue]:
        for index, name in enumerate(high):
            if name in low and high.index(name) == index:
                yield self._into((*above, index), (*below, low.index(name)), (*new, index))
            else:
                yield self._take(self._above, (*above, index), (*new, index))
        # A second one of the same name is kept, so that it is refused.
        rest = [place for place, name in enumerate(low) if name not in high or low.index(name) != place]
        for index, place in enumerate(rest, start=len(high)):
            yield self._take(self._below, (*below, place), (*new, index))

    def _both(self, path: Path_) -> JsonValue:
        high, low = at(self._above.data, path), at(self._below.data, path)
        if not isinstance(high, list) or not isinstance(low, list):
            return self._take(self._below, path, path)
        self.values[path] = self._below.at(path)
        kept = [self._take(self._above, (*path, index), (*path, index)) for index in range(len(high))]
        added = [index for index, item in enumerate(low) if item not in high]
        pairs = enumerate(added, start=len(high))
        return kept + [self._take(self._below, (*path, place), (*path, index)) for index, place in pairs]
