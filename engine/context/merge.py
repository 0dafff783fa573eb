"""One place made of several sources, which may speak of the same things.

Rules: 1. The strictest counts: the highest criticality, every role, service and dependency, each flag that any source
sets. 2. Of what there can be only one of (owner, segment, fingerprint), the freshest source that says it counts. 3. The
site's own file is the oldest. 4. An address that two sources give to two hosts is shared by them (a hazard), and the
stricter of them is found at it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from engine.context.file import PRIVATE, ContextFile
from engine.context.places import spelling
from engine.model.base import Model
from engine.model.context import Asset, Criticality, Identity
from engine.model.provenance import Provenance, Source

M = TypeVar("M", bound=Model)
RANK: Mapping[Criticality, int] = {
    Criticality.UNKNOWN: -1,
    Criticality.LOW: 0,
    Criticality.STANDARD: 1,
    Criticality.HIGH: 2,
    Criticality.CRITICAL: 3,
    Criticality.PROTECTED: 4,
}
"""How strict each is; what nobody says is no word at all."""
IMPORTED = (
    "as_of", "assets", "identities", "segments", "inside", "partner", "untouchable", "exclusions", "jobs", "tags",
)  # fmt: skip
"""What an import may hold; flows, indicators and messages have ways of their own."""
_SETS = ("segments", "untouchable", "exclusions", "jobs", "tags", "inside", "partner")


@dataclass(frozen=True)
class Known:
    """One source with what it says."""

    source: Source
    content: ContextFile


def rank(criticality: Criticality) -> int:
    """How strict it is; unknown counts as high."""
    return RANK[Criticality.HIGH if criticality is Criticality.UNKNOWN else criticality]


class Place(ContextFile):
    """Everything that is known, and from where."""

    provenance: Provenance = Provenance()


def merge(site: ContextFile, known: Iterable[Known]) -> Place:
    """The site's own file with everything imported on top, the oldest first."""
    ordered = sorted(known, key=lambda one: (one.source.as_of, one.source.name))
    files = [site, *(one.content for one in ordered)]
    provenance = Provenance(
        sources=tuple(one.source for one in ordered),
        assets=_speaking(ordered, lambda file: file.assets),
        identities=_speaking(ordered, lambda file: file.identities),
    )
    merged: dict[str, object] = {name: _joined(files, name) for name in _SETS}
    merged["assets"] = _by_name([asset for file in files for asset in file.assets], strictest)
    merged["identities"] = _by_name([one for file in files for one in file.identities], strictest)
    merged["provenance"] = provenance
    return Place.model_construct(**{**dict(site), **merged})


def strictest(old: M, new: M) -> M:
    """Two words about one thing as one (rules 1 and 2)."""
    return new.model_copy(
        update={name: _one(getattr(old, name), getattr(new, name)) for name in type(new).model_fields}
    )


def _one(old: object, new: object) -> object:
    match old, new:
        case Criticality(), Criticality():
            return max(old, new, key=RANK.__getitem__)
        case bool(), bool():
            return old or new
        case tuple(), tuple():
            return tuple(dict.fromkeys((*old, *new)))
        case _:
            return new or old


def _by_name(things: Sequence[Asset] | Sequence[Identity], joined: Callable[[M, M], M]) -> tuple[M, ...]:
    found: dict[str, M] = {}
    for thing in things:
        name = spelling(thing.name)
        earlier = found.pop(name, None)
        # Of equals the last one to speak of an address is found at it, so the freshest word stands last.
        found[name] = thing if earlier is None else joined(earlier, thing)  # type: ignore[assignment,arg-type]
    return tuple(found.values())


def _joined(files: Sequence[ContextFile], name: str) -> tuple[object, ...]:
    """Everything any of them lists; private networks are inside unless somebody says otherwise."""
    said = [file for file in files if name in file.model_fields_set]
    found = tuple(dict.fromkeys(one for file in said for one in getattr(file, name)))
    return found if said or name != "inside" else PRIVATE


def _speaking(
    known: Sequence[Known], things: Callable[[ContextFile], Sequence[Asset | Identity]]
) -> Mapping[str, tuple[Source, ...]]:
    found: dict[str, tuple[Source, ...]] = {}
    for one in known:
        for thing in things(one.content):
            name = spelling(thing.name)
            found[name] = (*found.get(name, ()), one.source)
    return found
