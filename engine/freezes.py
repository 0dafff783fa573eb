"""What a freeze covers, and how long it lasts; pure.

Rules: 1. A scope that cannot be read covers everything. 2. One person alone keeps a scope frozen for an hour from the
begin of their first freeze of it; what two people both asked for goes beyond that. 3. A freeze never gets shorter but
by being lifted.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.context.places import Place, overlap, place, spelling
from engine.context.reach import reached
from engine.model.context import Asset
from engine.model.finding import Finding
from engine.model.freeze import Freeze, FreezeWish
from engine.model.request import Request
from engine.ports import Context

SCOPES = ("action", "connector", "segment", "target", "detector")
ALONE = timedelta(minutes=60)
"""How long one person alone may keep a scope frozen (rule 2)."""
TOGETHER = timedelta(hours=24)
"""How long two may, from when the second says so; then they say it again."""


@dataclass(frozen=True)
class Affected:
    """What a freeze is held against: a request, and what is known of it."""

    request: Request
    asset: Asset | None
    finding: Finding | None
    context: Context


def covering(scopes: Iterable[str], affected: Affected) -> tuple[str, ...]:
    """Those of the scopes that cover it."""
    found = tuple(scopes)
    if not found:
        return ()
    names = frozenset(_names(affected))
    return tuple(scope for scope in found if _covers(scope, names, affected))


def _covers(scope: str, names: frozenset[str], affected: Affected) -> bool:
    kind, colon, value = scope.partition(":")
    if kind not in SCOPES or not colon:
        return True
    if kind == "segment":
        return _within(value, affected)
    if kind == "target":
        return _touches(value, affected)
    return scope in names


def _names(affected: Affected) -> Iterator[str]:
    request, finding = affected.request, affected.finding
    yield f"action:{request.action}"
    yield f"connector:{request.connector}"
    if request.requester.startswith("detector:"):
        yield from (request.requester, request.requester.partition("@")[0])
    if finding is not None:
        yield from (f"detector:{finding.detector}", f"detector:{finding.detector}@{finding.detector_version}")


def _within(segment: str, affected: Affected) -> bool:
    """Whether the target, or anything it reaches, lies in a network or in a segment of that kind."""
    context, target = affected.context, affected.request.target
    network = place(segment)
    if network is None:
        return segment in {context.segment(target), *(context.segment(asset.name) for asset in _things(affected))}
    return _meets(network, affected)


def _touches(name: str, affected: Affected) -> bool:
    """Whether it is the target, or anything that this reaches: what stands in a network, or shares an address."""
    found = place(name)
    if found is not None:
        return _meets(found, affected)
    names = (affected.request.target, *(asset.name for asset in _things(affected)))
    return spelling(name) in map(spelling, names)


def _things(affected: Affected) -> Sequence[Asset]:
    things = (affected.asset, *reached(affected.context, affected.request.target))
    return [asset for asset in things if asset is not None]


def _meets(frozen: Place, affected: Affected) -> bool:
    """Whether an address of the target, or of anything it reaches, lies there."""
    addresses = (affected.request.target, *(address for asset in _things(affected) for address in asset.addresses))
    return any(found is not None and overlap(found, frozen) for found in map(place, addresses))


def wish(old: Freeze | None, principal: str, lasts: timedelta | None, now: datetime) -> FreezeWish:
    """Somebody's freeze of a scope, with their last one taken in; without a length that stays, or it is an hour."""
    mine = next((one for one in _wishes(old) if one.principal == principal), None)
    since = mine.since if mine is not None and now < mine.since + ALONE else now
    standing = mine.until if mine is not None and mine.until > now else None
    if lasts is None:
        return FreezeWish(principal=principal, since=since, until=standing or since + ALONE)
    return FreezeWish(principal=principal, since=since, until=max(now + min(lasts, TOGETHER), standing or now))


def joined(scope: str, old: Freeze | None, wished: FreezeWish, reason: str, now: datetime) -> Freeze:
    """The freeze of the scope with this wish among the others, which `old` has."""
    others = [one for one in _wishes(old) if one.principal != wished.principal and _counts(one, now)]
    wishes = (*others, wished)
    standing = old if old is not None and _is_on(old, now) else None
    endless = standing is not None and standing.until is None
    ends = [lasts_until(wishes), *([standing.until] if standing and standing.until else [])]
    return Freeze(
        scope=scope,
        principal=wished.principal,
        reason=reason or (standing.reason if standing else ""),
        since=standing.since if standing else now,
        until=None if endless else max(ends),
        wishes=wishes,
    )


def lasts_until(wishes: Sequence[FreezeWish]) -> datetime:
    """The latest of what each may alone, and of what two of them want (rule 2)."""
    alone = max(min(one.until, one.since + ALONE) for one in wishes)
    both = sorted((one.until for one in wishes), reverse=True)[1:2]
    return max([alone, *both])


def lifted(frozen: Freeze, now: datetime) -> Freeze:
    """The same, over; nobody gains another hour by that."""
    wishes = tuple(one.model_copy(update={"until": min(one.until, now)}) for one in frozen.wishes)
    return frozen.model_copy(update={"until": now, "wishes": wishes, "told": True})


def _wishes(old: Freeze | None) -> Sequence[FreezeWish]:
    return () if old is None else old.wishes


def _counts(one: FreezeWish, now: datetime) -> bool:
    return now < max(one.until, one.since + ALONE)


def _is_on(frozen: Freeze, now: datetime) -> bool:
    return frozen.until is None or frozen.until > now
