"""Which budgets are used up at this moment, and until when; for those who look, nothing is decided here."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.context.parts import SegmentKind
from engine.decide import budget_for
from engine.model.base import AwareDatetime, Model
from engine.model.budget import BudgetLimits
from engine.model.request import Request
from engine.model.trip import SITE, segment_scope
from engine.policy_file import Policy
from engine.ports import Context
from engine.store.tx import Tx


class Exhausted(Model):
    """A limit that is reached: no further effect fits. `until` is when one falls out of the window, None if unknown."""

    budget: str
    window: str
    used: int
    limit: int
    until: AwareDatetime | None = None


def exhausted(tx: Tx, policy: Policy, now: datetime) -> Iterator[Exhausted]:
    """Every limit that is reached now; a share of a class is that of the newest request charged to its budget."""
    yield from _site(tx, policy, now)
    for scope, request_id in tx.budgets.charged(now):
        request = tx.requests.get(request_id)
        limits = None if request is None else _limits(policy, scope, request)
        if limits is not None:
            yield from _reached(tx, scope, limits, now)


def _limits(policy: Policy, scope: str, request: Request) -> BudgetLimits | None:
    """What this policy allows to the budget the request was charged to; None where it would charge another."""
    row = None if request.decision is None else budget_for(policy, request.decision.facts)
    return row.limits if row is not None and row.key == scope else None


def _reached(tx: Tx, scope: str, limits: BudgetLimits, now: datetime) -> Iterator[Exhausted]:
    usage = tx.budgets.usage(scope, now)
    windows = (("hour", usage.hour, limits.hour), ("day", usage.day, limits.day))
    for window, used, limit in windows:
        if limit is not None and used >= limit:
            length = timedelta(hours=1) if window == "hour" else timedelta(days=1)
            until = tx.budgets.room_at(scope, length, used - limit, now)
            yield Exhausted(budget=scope, window=window, used=used, limit=limit, until=until)
    if limits.in_force is not None and usage.in_force >= limits.in_force:
        yield Exhausted(budget=scope, window="in_force", used=usage.in_force, limit=limits.in_force)


def _site(tx: Tx, policy: Policy, now: datetime) -> Iterator[Exhausted]:
    usage = tx.budgets.usage(SITE, now)
    limits = budget_for(policy, {}).limits
    lines = (
        ("points_hour", usage.points_hour, limits.site_points),
        ("points_hour_without_approval", usage.points_hour_automatic, limits.automatic_points),
    )
    for window, used, limit in lines:
        if limit is not None and used >= limit:
            yield Exhausted(budget=SITE, window=window, used=used, limit=limit)


class SegmentShare(Model):
    """How many of the assets of a segment are under effects, and how many may be without approval; None is any."""

    segment: SegmentKind
    assets: int
    in_force: int
    limit: int | None


def segment_shares(tx: Tx, policy: Policy, context: Context, now: datetime) -> Iterator[SegmentShare]:
    """Every kind of segment in which something is known to stand, or is done."""
    for kind in SegmentKind:
        assets = context.segment_size(kind)
        budget = budget_for(policy, {"target.segment": kind.value, "budget.segment_size": assets})
        in_force = tx.budgets.usage(budget.charged, now).segment_in_force
        if assets or in_force:
            yield SegmentShare(segment=kind, assets=assets, in_force=in_force, limit=budget.limits.segment_in_force)


def full_segments(tx: Tx, policy: Policy, context: Context, now: datetime) -> Iterator[Exhausted]:
    """Segments of which no more may be done without approval until something there is released."""
    for share in segment_shares(tx, policy, context, now):
        if share.limit is not None and share.in_force >= share.limit:
            scope = segment_scope(share.segment)
            yield Exhausted(budget=scope, window="in_force", used=share.in_force, limit=share.limit)
