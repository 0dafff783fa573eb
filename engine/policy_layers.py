"""A policy of several files: baseline, organisation, environment, team, each standing `on` a higher one.

Rules: 1. A file that stands on another says its `layer`, which is lower than the other's; a file without one is a
baseline. 2. Every layer says its own `policy`, `version`, `description` and `owner`; the highest is a whole policy by
itself. 3. A lower layer may change whatever no higher one marks `final`, and of that only what is shown to restrict it
(`engine.policy_final`). 4. What comes out is one policy like any other: written as one file it is the same, digest
included.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from engine.calendars.attached import attach, beside
from engine.documents import Document, Position, Step, read
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expressions
from engine.fact_table import FACTS
from engine.model.authored import Line
from engine.model.base import Model
from engine.model.policy import PolicyDocument
from engine.policy_final import Relaxation, markable, relaxations
from engine.policy_merge import merge, undefined
from engine.rule_kinds import leftovers


class Layer(StrEnum):
    """From the highest, which everybody is bound by, to the lowest."""

    BASELINE = "baseline"
    ORGANISATION = "organisation"
    ENVIRONMENT = "environment"
    TEAM = "team"


_ORDER = [*Layer]


class _Place(Model):
    """Where a file stands. `on` is a shipped policy's name, or a path from the file's own folder."""

    layer: Layer = Layer.BASELINE
    on: Line | None = None


@dataclass(frozen=True)
class Stacked:
    """One layer: its file as it was read, and the policy down to it."""

    source: Document
    layer: Layer
    merged: Document

    @property
    def policy(self) -> str:
        """The layer's own name."""
        return str(self.source.data["policy"])


def read_layers(
    path: Path, shipped: Path | None = None, brought: Mapping[str, Path] | None = None
) -> tuple[Document, ...]:
    """The file at `path` and those it stands on, the highest first.

    `shipped` is the folder in which the name of a shipped policy is looked for, `brought` are those of plug-ins.
    """
    document = attach(read(path), beside(path))
    found, place = [document], _place(document)
    while place.on is not None:
        path = _above(document, place.on, shipped, brought or {})
        above = attach(read(path), beside(path))
        document, place = above, _require_higher(document, place, _place(above))
        found.insert(0, document)
    return tuple(found)


def _above(document: Document, name: str, shipped: Path | None, brought: Mapping[str, Path]) -> Path:
    candidates = [Path(document.name).parent / name, *([shipped / f"{name}.yaml"] if shipped else [])]
    for path in [*candidates, *([brought[name]] if name in brought else [])]:
        if path.is_file():
            return path
    raise InvalidFile((document.at(["on"]).error(f"there is no policy `{name}`: name a shipped one or a file"),))


def _require_higher(document: Document, place: _Place, above: _Place) -> _Place:
    if "layer" not in document.data:
        raise InvalidFile((document.at(["on"], key=True).error("a policy that stands on another says its `layer`"),))
    if _ORDER.index(above.layer) >= _ORDER.index(place.layer):
        message = f"layer `{place.layer}` cannot stand on layer `{above.layer}`: the order is {', '.join(_ORDER)}"
        raise InvalidFile((document.at(["layer"]).error(message),))
    return above


def _place(document: Document) -> _Place:
    known = {name: document.data[name] for name in _Place.model_fields if name in document.data}
    return replace(document, data=known).validate(_Place)


def stack(documents: Iterable[Document]) -> tuple[Stacked, ...]:
    """Layers merged one after the other, whatever order they come in; raise `InvalidFile` with all that is wrong."""
    placed = sorted(((_place(one), one) for one in documents), key=lambda pair: _ORDER.index(pair[0].layer))
    if not placed:
        raise InvalidInput("a policy needs at least one file")
    _require_a_chain(placed)
    stacked: list[Stacked] = []
    for place, source in placed:
        plain = _without_layer(source)
        if stacked and (problems := _unmergeable(stacked[-1].merged, source, plain)):
            raise InvalidFile(problems)
        merged = merge(stacked[-1].merged, plain) if stacked else plain
        problems = tuple(_wrong(stacked[-1] if stacked else None, source, merged))
        if problems:
            raise InvalidFile(problems)
        stacked.append(Stacked(source, place.layer, merged))
    return tuple(stacked)


def _unmergeable(above: Document, source: Document, plain: Document) -> tuple[InvalidInput, ...]:
    """What keeps a layer from being put upon what stands above it."""
    return (*_unsaid(source), *undefined(above, plain), *leftovers(above, plain))


def _require_a_chain(placed: Sequence[tuple[_Place, Document]]) -> None:
    """One file stands on none, every other says that it stands on one, and no two are of the same layer."""
    for number, (place, source) in enumerate(placed):
        if number and place.layer is placed[number - 1][0].layer:
            raise InvalidFile((source.at(["layer"]).error(f"layer `{place.layer}` is there twice"),))
        if number and place.on is None:
            raise InvalidFile((source.at(["layer"]).error("does not say `on` which policy it stands"),))
        if not number and place.on is not None:
            raise InvalidFile((source.at(["on"]).error(f"`{place.on}` is missing: a layer is read with all above it"),))


def _without_layer(document: Document) -> Document:
    """The file but for what only layers say."""
    return replace(document, data={name: value for name, value in document.data.items() if name not in ("layer", "on")})


def _unsaid(source: Document) -> Iterator[InvalidInput]:
    """What a layer has to say of itself, and does not."""
    own = (name for name in ("policy", "version", "description", "owner") if name not in source.data)
    yield from (source.at([]).error(f"`{name}` is missing") for name in own)


def _wrong(above: Stacked | None, source: Document, merged: Document) -> Iterator[InvalidInput]:
    """Marks that name nothing, and what the layer relaxes of what is final above it."""
    after = merged.validate(PolicyDocument)
    known = markable(after)
    first = 0 if above is None else len(_final(above.merged))
    for index, mark in enumerate(_final(merged)[first:], start=first):
        if mark not in known:
            yield merged.at(["final", index]).error(f"there is nothing in the policy that is called `{mark}`")
    if above is None:
        return
    before, language = above.merged.validate(PolicyDocument), Expressions({n: kind for n, (kind, _) in FACTS.items()})
    for found in relaxations(before, after, _final(above.merged), language):
        yield _blamed(merged, source, found.path).error(_told(found, above.merged))


def _blamed(merged: Document, source: Document, path: Sequence[Step]) -> Position:
    """The place of a value, or of its clause where a layer above wrote the value itself."""
    at = merged.at(path)
    return at if at.file == source.name else merged.at(path[:-1])


def _told(found: Relaxation, above: Document) -> str:
    why = f" ({found.why})" if found.why else ""
    marks = _final(above)
    place = above.at(["final", marks.index(found.mark)])
    return f"relaxes `{found.place}`{why}, which {place.file}:{place.line} marks final"


def _final(document: Document) -> list[str]:
    marks = document.data.get("final", [])
    assert isinstance(marks, list)
    return [str(mark) for mark in marks]
