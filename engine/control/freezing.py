"""The kill switch's doors: set, explained, lifted; announced each time, and shortly before it ends by itself.

It acts in the transaction of the door, before anything else is asked: whatever has not got leave by then gets none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine import duration
from engine.context.places import place
from engine.control.desk import Desk
from engine.control.doors import require_role
from engine.control.holders import extend, retime, standing
from engine.control.moves import note
from engine.control.paging import Cause, announce
from engine.errors import Denied, InvalidInput, NotFound
from engine.freezes import DAY, SCOPES, Affected, covering, joined, lifted, wanted_by, wish
from engine.model.base import Json
from engine.model.freeze import Freeze
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.page import PageKind
from engine.model.principal import Principal, Role
from engine.store.tx import Tx

NEAR = timedelta(minutes=10)
"""How long before its end a freeze is announced once more."""


@dataclass(frozen=True)
class Frozen:
    """A freeze as it now is, until when its setter wants it, and the leases that were held because of it."""

    freeze: Freeze
    wanted: datetime
    held: tuple[str, ...]


def freeze(
    tx: Tx,
    desk: Desk,
    principal: Principal,
    scope: str,
    reason: str,
    lasts: timedelta | None,
    now: datetime,
    hold: bool = False,
) -> Frozen:
    """Stop whatever has not begun; alone for an hour a day at most, longer once a second person wants it as well.

    Releases go on. `hold` lets the effects that it covers last as long as it does, within their ceilings, for nothing
    could be asked for in their place.
    """
    _require_person(principal)
    require_role(principal, *((Role.RESPONDER,) if hold else (Role.RESPONDER, Role.ANALYST)))
    require_scope(desk, scope)
    if lasts is not None and lasts <= timedelta(0):
        raise InvalidInput("a freeze must last longer than nothing")
    old = tx.freezes.latest(scope)
    wished = wish(tx.freezes.all(), scope, principal.id, lasts, now)
    frozen = joined(scope, old, wished, reason, now)
    if frozen.until is not None and frozen.until <= now:
        again = f"it takes somebody else, or you again at {_stamp(wished.since + DAY)}"
        raise Denied(f"`{principal.id}` has frozen `{scope}`, or what reaches into it, alone for an hour: {again}")
    tx.freezes.put(frozen)
    body: Json = {"scope": scope, "reason": reason, "until": None, "wanted": wished.until.isoformat()}
    body |= {} if frozen.until is None else {"until": frozen.until.isoformat()}
    note(tx, "freeze", "freeze.set", now, body | {"by": [*wanted_by(frozen, now)]}, principal.signature)
    said = f"frozen by {principal.id}: {scope} {until(frozen)}{f' ({reason})' if reason else ''}"
    _announce(tx, scope, said, now)
    held = _hold(tx, desk, frozen, principal, now) if hold else ()
    return Frozen(frozen, wished.until, held)


def explain_freeze(tx: Tx, principal: Principal, scope: str, reason: str, now: datetime) -> Freeze:
    """Say why, afterwards: a freeze acts before it asks."""
    require_role(principal, Role.RESPONDER, Role.ANALYST)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    explained = _in_force(tx, scope, now).model_copy(update={"reason": reason})
    tx.freezes.put(explained)
    note(tx, "freeze", "freeze.explained", now, {"scope": scope, "reason": reason}, principal.signature)
    return explained


def unfreeze(tx: Tx, principal: Principal, scope: str, reason: str, now: datetime) -> None:
    """Lift a freeze; what is asked for from now on is decided without it."""
    require_role(principal, Role.RESPONDER)
    tx.freezes.put(lifted(_in_force(tx, scope, now), now))
    note(tx, "freeze", "freeze.lifted", now, {"scope": scope, "reason": reason}, principal.signature)
    _announce(tx, scope, f"freeze lifted by {principal.id}: {scope}{f' ({reason})' if reason else ''}", now)
    for lease in (one for one in tx.leases.live() if one.state is LeaseState.DRIFTED):
        tx.outbox.nudge("Lease", lease.key, lease.key)  # it may have waited for this to be put back


def tell_endings(tx: Tx, now: datetime) -> None:
    """Say once of each freeze that its end is near, and once that it came."""
    for frozen in tx.freezes.all():
        if frozen.until is None or frozen.told:
            continue
        if now >= frozen.until:
            tx.freezes.put(frozen.model_copy(update={"told": True}))
            note(tx, "freeze", "freeze.ended", now, {"scope": frozen.scope, "until": frozen.until.isoformat()})
            _announce(tx, frozen.scope, f"freeze over: {frozen.scope}", now)
        elif not frozen.warned and now >= max(frozen.until - NEAR, frozen.since + NEAR):
            tx.freezes.put(frozen.model_copy(update={"warned": True}))
            _announce(tx, frozen.scope, f"freeze of {frozen.scope} ends at {_stamp(frozen.until)}", now)


def _hold(tx: Tx, desk: Desk, frozen: Freeze, principal: Principal, now: datetime) -> tuple[str, ...]:
    """Have the effects in force that the freeze covers last until it ends, each share within its ceiling."""
    found = (lease for lease in tx.leases.live() if lease.state is LeaseState.ACTIVE)
    return tuple(lease.id for lease in found if _hold_one(tx, desk, frozen, lease, principal, now))


def _hold_one(tx: Tx, desk: Desk, frozen: Freeze, lease: Lease, principal: Principal, now: datetime) -> bool:
    shares = [one for one in standing(tx, lease) if now < one.expires_at < _held_until(frozen, one)]
    held = [one for one in shares if _is_covered(tx, desk, frozen, one)]
    kept = [extend(tx, one, _held_until(frozen, one) - one.expires_at) for one in held]
    if not kept:
        return False
    ends = {one.request_id: one.expires_at.isoformat() for one in kept}
    body: Json = {"until": max(ends.values()), "shares": {**ends}, "reason": f"held by the freeze of {frozen.scope}"}
    note(tx, f"lease/{lease.id}", "lease.extended", now, body, principal.signature)
    retime(tx, lease)
    tx.outbox.nudge("Lease", lease.key, lease.key)
    return True


def _held_until(frozen: Freeze, share: Holder) -> datetime:
    return share.ceiling_at if frozen.until is None else min(frozen.until, share.ceiling_at)


def _is_covered(tx: Tx, desk: Desk, frozen: Freeze, share: Holder) -> bool:
    request = tx.requests.get(share.request_id)
    if request is None:
        return False
    finding = None if request.finding_id is None else tx.findings.get(request.finding_id)
    affected = Affected(request, desk.context.asset(request.target), finding, desk.context)
    return bool(covering([frozen.scope], affected))


def thaws(tx: Tx, desk: Desk, share: Holder, now: datetime) -> datetime | None:
    """When the next freeze that covers a share ends; None where none does, or one lasts until somebody lifts it."""
    covering_it = (frozen for frozen in tx.freezes.active(now) if _is_covered(tx, desk, frozen, share))
    ends = [frozen.until for frozen in covering_it]
    known = [until for until in ends if until is not None]
    return min(known, default=None) if len(known) == len(ends) else None


def _in_force(tx: Tx, scope: str, now: datetime) -> Freeze:
    found = next((frozen for frozen in tx.freezes.active(now) if frozen.scope == scope), None)
    if found is None:
        raise NotFound(f"nothing is frozen under `{scope}`")
    return found


def _announce(tx: Tx, scope: str, text: str, now: datetime) -> None:
    announce(tx, Cause(PageKind.FREEZE, scope, "freeze", text), now)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def _require_person(principal: Principal) -> None:
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot, and freezing takes a person")


FORMS = "`global`, `action:ID`, `connector:NAME`, `segment:KIND or network`, `target:NAME` or `detector:ID`"


def require_scope(desk: Desk, scope: str) -> None:
    """Refuse a scope that would freeze nothing: somebody would rely on it."""
    kind, _, name = scope.partition(":")
    if scope != "global" and (kind not in SCOPES or not name):
        raise InvalidInput(f"unknown freeze scope `{scope}`: use {FORMS}")
    if kind == "action" and desk.specs.get(name) is None:
        raise InvalidInput(f"there is no action `{name}`; there are: {_listed(spec.id for spec in desk.specs.all())}")
    if kind == "connector" and name not in desk.executors:
        raise InvalidInput(f"there is no connector `{name}`; there are: {_listed(sorted(desk.executors))}")
    if kind == "segment" and place(name) is None:
        _require_segment(desk, name)


def _require_segment(desk: Desk, name: str) -> None:
    kinds = {desk.context.segment(asset.name) for asset in desk.context.assets()} - {""}
    if name not in kinds:
        known = f"there are: {_listed(sorted(kinds))}; " if kinds else ""
        raise InvalidInput(f"nothing known stands in a segment of kind `{name}`: {known}or give its network")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def until(frozen: Freeze) -> str:
    """Until when it lasts, as people read it."""
    return "until somebody lifts it" if frozen.until is None else f"until {_stamp(frozen.until)}"


def left(frozen: Freeze, now: datetime) -> str:
    """How much longer it lasts, as people read it."""
    if frozen.until is None:
        return "until lifted"
    seconds = max(timedelta(0), frozen.until - now) // timedelta(seconds=1)
    return duration.render(timedelta(seconds=seconds))
