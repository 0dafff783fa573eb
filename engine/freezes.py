"""What a freeze covers, and how long it lasts; pure.

Rules: 1. A scope that cannot be read covers everything. 2. One person alone keeps a scope frozen for an hour in the day
that begins with their first freeze of it, or of one that reaches into it; what two people both asked for goes beyond
that. 3. A freeze never gets shorter but by being lifted.
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
"""How long one person alone may keep a scope frozen in a `DAY` (rule 2)."""
DAY = timedelta(hours=24)
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


def wish(earlier: Iterable[Freeze], scope: str, principal: str, lasts: timedelta | None, now: datetime) -> FreezeWish:
    """Somebody's freeze of a scope, with their earlier ones taken in; without a length that stays, or it is an hour."""
    last = {
        one.scope: mine
        for one in earlier
        for mine in one.wishes
        if mine.principal == principal and now < mine.since + DAY and meet(one.scope, scope)
    }
    mine = last.get(scope)
    standing = mine.until if mine is not None and mine.until > now else now
    until = max(now + min(lasts, TOGETHER), standing) if lasts is not None else standing
    if mine is not None and now < _over(mine):
        return mine.model_copy(update={"until": until})
    return FreezeWish(
        principal=principal,
        since=min((one.since for one in last.values()), default=now),
        until=until if until > now else now + ALONE,
        begun=now,
        used=max((_spent(one, now) for one in last.values()), default=timedelta(0)),
    )


def meet(one: str, other: str) -> bool:
    """Whether what two scopes stop may be the same for that they are written so (rule 2)."""
    (kind, _, value), (other_kind, _, other_value) = one.partition(":"), other.partition(":")
    if one == other or not {kind, other_kind} <= {*SCOPES}:
        return True
    found, beside = place(value), place(other_value)
    if {kind, other_kind} <= {"segment", "target"} and found is not None and beside is not None:
        return overlap(found, beside)
    if kind != other_kind:
        return False
    return kind in ("detector", "target") and _plain(kind, value) == _plain(kind, other_value)


def _plain(kind: str, value: str) -> str:
    return spelling(value) if kind == "target" else value.partition("@")[0]


def alone_until(one: FreezeWish) -> datetime:
    """When the hour that somebody has alone is used up."""
    return (one.begun or one.since) + ALONE - one.used


def _over(one: FreezeWish) -> datetime:
    """When their freeze alone ended, or will."""
    return min(one.until, alone_until(one))


def _spent(one: FreezeWish, now: datetime) -> timedelta:
    return one.used + max(timedelta(0), min(_over(one), now) - (one.begun or one.since))


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
    alone = max(map(_over, wishes))
    both = sorted((one.until for one in wishes), reverse=True)[1:2]
    return max([alone, *both])


def lifted(frozen: Freeze, now: datetime) -> Freeze:
    """The same, over; nobody gains another hour by that."""
    wishes = tuple(one.model_copy(update={"until": min(one.until, now)}) for one in frozen.wishes)
    return frozen.model_copy(update={"until": now, "wishes": wishes, "told": True})


def _wishes(old: Freeze | None) -> Sequence[FreezeWish]:
    return () if old is None else old.wishes


def wanted_by(frozen: Freeze, now: datetime) -> list[str]:
    """Who wants it now."""
    return [one.principal for one in frozen.wishes if now < one.until]


def _counts(one: FreezeWish, now: datetime) -> bool:
    """Whether it is still wanted, or says how much of an hour is gone."""
    return now < max(one.until, one.since + DAY)


def _is_on(frozen: Freeze, now: datetime) -> bool:
    return frozen.until is None or frozen.until > now
