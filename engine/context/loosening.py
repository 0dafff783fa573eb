"""What of a change to the context would let more be done than before: that takes people's votes.

Whoever can lower a criticality, take a role away or tag an attack's flow as backup steers what is done. So: 1. What
only tightens (higher criticality, more roles, services and dependencies, flags set) counts at once. 2. Whatever else
changes about an asset or an account takes votes, and so does a new one below high, for what is unknown counts as high.
3. Networks, exclusions, the untouchable, jobs and tags take votes in either direction. 4. So does an address that
somebody else has already, whoever claims it; 5. another host of a kind of which the last one is never cut off, for then
the others are not the last; and 6. a segment or class that grows by more than a tenth, for shares of it grow along.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from engine.context.file import ContextFile
from engine.context.inventory import stands_at
from engine.context.merge import RANK, rank
from engine.context.places import place, spelling
from engine.context.roles import SPARED_LAST, Part, parts
from engine.context.segments import Segments
from engine.model.context import Asset, Criticality, Identity
from engine.model.provenance import Source

TIGHTENS = frozenset({"untouchable", "privileged", "service", "break_glass"})
"""Flags whose setting only tightens."""
GROWS = frozenset({"roles", "services", "depends_on", "shares", "used_by", "tags"})
"""Lists whose growing only tightens."""
ADDED = frozenset({"runs_on", "tunnel", "reenabled_by"})
"""What tightens where nothing was said before."""
EITHER_WAY = ("segments", "inside", "partner", "untouchable", "exclusions", "jobs", "tags")
"""Parts of which every change takes votes (rule 3)."""


def loosened(before: ContextFile, after: ContextFile) -> tuple[str, ...]:
    """Every change that takes votes, a line each."""
    return (
        *_things(before.assets, after.assets),
        *_things(before.identities, after.identities),
        *_claims(before.assets, after.assets),
        *_relieved(before.assets, after.assets),
        *_grown(_sizes(before), _sizes(after)),
        *(line for part in EITHER_WAY for line in _parts(part, before, after)),
    )


def kept_longer(before: Source | None, after: Source) -> tuple[str, ...]:
    """Whether it would be believed for longer than before, and so go stale later."""
    if before is None or before.valid_for is None:
        return ()
    longer = after.valid_for is None or after.valid_for > before.valid_for
    return (f"`{after.name}`: valid_for was `{before.valid_for}` and would be longer",) if longer else ()


def _things(before: Sequence[Asset | Identity], after: Sequence[Asset | Identity]) -> Iterator[str]:
    old, new = _named(before), _named(after)
    yield from (f"`{old[name].name}` is gone" for name in old if name not in new)
    for name, thing in new.items():
        yield from _fresh(thing) if name not in old else _changed(old[name], thing)


def _named(things: Sequence[Asset | Identity]) -> Mapping[str, Asset | Identity]:
    return {spelling(thing.name): thing for thing in things}


def _fresh(thing: Asset | Identity) -> Iterator[str]:
    if rank(thing.criticality) < rank(Criticality.UNKNOWN):
        yield f"`{thing.name}` is new and {thing.criticality}; what is unknown counts as high"
    if isinstance(thing, Identity) and thing.administrator and thing.enabled:
        yield f"`{thing.name}` is new and an administrator, so another may be locked out"


def _changed(old: Asset | Identity, new: Asset | Identity) -> Iterator[str]:
    for field in type(new).model_fields:
        was, now = getattr(old, field), getattr(new, field)
        if was != now and not _tightens(field, was, now, new):
            yield f"`{new.name}`: {field} was {_said(was)} and would be {_said(now)}"


def _tightens(field: str, was: object, now: object, new: Asset | Identity) -> bool:
    match was, now:
        case Criticality(), Criticality():
            return rank(now) >= rank(was)
        case bool(), bool():
            return now and field in TIGHTENS
        case tuple(), tuple():
            held = set(was) <= set(now)
            # An address that was unknown counted as high.
            return held and (
                field in GROWS or (field == "addresses" and rank(new.criticality) >= RANK[Criticality.HIGH])
            )
        case _:
            return field == "name" or (not was and field in ADDED)


def _claims(before: Sequence[Asset], after: Sequence[Asset]) -> Iterator[str]:
    """Addresses that a host would have and that another one had before (rule 4)."""
    had = defaultdict[str, set[str]](set)
    for asset in before:
        for address in (*stands_at(asset), *map(spelling, asset.shares)):
            had[address].add(spelling(asset.name))
    for asset in after:
        for address in stands_at(asset):
            others = had[address]
            if others and spelling(asset.name) not in others:
                yield f"`{asset.name}` would stand at {address}, which is that of {_said(tuple(sorted(others)))}"


def _relieved(before: Sequence[Asset], after: Sequence[Asset]) -> Iterator[str]:
    """Hosts that would be a part of which others were the last (rule 5)."""
    had = {spelling(asset.name): parts(asset) & SPARED_LAST for asset in before}
    known = frozenset[Part]().union(*had.values())
    for asset in after:
        for part in sorted((parts(asset) & known) - had.get(spelling(asset.name), frozenset())):
            yield f"`{asset.name}` would be a {part} too, so that another one is not the last"


def _sizes(file: ContextFile) -> Mapping[str, int]:
    """How many hosts and accounts there are of everything of which the policy may allow a share."""
    found = Counter(f"hosts of criticality {asset.criticality}" for asset in file.assets)
    found.update("privileged accounts" if one.privileged else "accounts without privileges" for one in file.identities)
    segments = Segments(file.segments)
    for asset in file.assets:
        places = (place(name) for name in stands_at(asset))
        segment = segments.of(asset.segment, [at for at in places if at is not None])
        if segment is not None:
            found[f"hosts in segments of kind {segment.kind}"] += 1
    return found


def _grown(before: Mapping[str, int], after: Mapping[str, int]) -> Iterator[str]:
    """What would be larger by more than a tenth, or by more than one where it is small (rule 6)."""
    for what, count in after.items():
        was = before.get(what, 0)
        if count > was + max(1, was // 10):
            yield f"there were {was} {what} and would be {count}, and shares of them grow along"


def _parts(part: str, before: ContextFile, after: ContextFile) -> Iterator[str]:
    old, new = dict.fromkeys(getattr(before, part)), dict.fromkeys(getattr(after, part))
    yield from (f"{part}: without {_said(one)}" for one in old if one not in new)
    yield from (f"{part}: with {_said(one)}" for one in new if one not in old)


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return f"`{', '.join(map(str, value))}`"
    return f"`{value}`"
