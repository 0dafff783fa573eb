"""Releasing everything that one cause put in force: shown first, then let go in order.

Rules: 1. Whoever holds an effect for another cause keeps it (I8). 2. What is let go is at most what was shown. 3. Each
effect waits for those before it (`engine.control.release_order`), but not beyond its own end, never for one that is
stuck or that somebody still holds, and never longer than `IN_TURN_WITHIN`. 4. What has leave and has not taken effect
yet is stopped, or let go as soon as it stands.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from engine.control.causes import Cause, caused_by
from engine.control.desk import Desk
from engine.control.doors import require_role
from engine.control.holders import let_go, standing
from engine.control.learning import teach_overrides
from engine.control.lifting import require_uninvolved
from engine.control.moves import note
from engine.control.release_order import Standing, release_order
from engine.errors import InvalidInput
from engine.model.base import AwareDatetime, Json, Model
from engine.model.decision import Tier
from engine.model.lease import Lease, LeaseState
from engine.model.principal import Principal, Role
from engine.model.request import Request, RequestState
from engine.store.tx import Tx


class ToRelease(Model):
    """One effect that a cause put in force: whose shares go, and for whom it stays in force if for anybody.

    `after` are the leases that are released before it.
    """

    lease_id: str
    state: LeaseState
    action: str
    target: str
    connector: str
    expires_at: AwareDatetime | None
    requests: tuple[str, ...]
    kept_for: tuple[str, ...]
    after: tuple[str, ...] = ()


class Preview(Model):
    """What a release by this cause would do, in its order; `asked` are requests of it that people still decide."""

    cause: str
    effects: tuple[ToRelease, ...]
    asked: tuple[str, ...]

    @property
    def requests(self) -> tuple[str, ...]:
        """Every share that would go."""
        return tuple(request for effect in self.effects for request in effect.requests)


def preview(tx: Tx, desk: Desk, cause: Cause) -> Preview:
    """What this cause put in force and would be let go; nothing is changed."""
    asked = [one.id for one in tx.requests.all([RequestState.AWAITING_APPROVAL]) if caused_by(tx, cause, one)]
    return Preview(cause=str(cause), effects=_effects(tx, desk, _caused(tx, cause)), asked=tuple(asked))


def release_by_cause(
    tx: Tx, desk: Desk, principal: Principal, cause: Cause, shown: Collection[str], reason: str, now: datetime
) -> Preview:
    """Let go of what this cause holds and somebody has seen in a preview (`shown`: its requests); say what goes."""
    require_role(principal, Role.RESPONDER)
    if not reason.strip():
        raise InvalidInput("a reason is needed: say why with --reason")
    requests = [request for request in _caused(tx, cause) if request.id in shown]
    require_uninvolved(tx, principal, {request.incident_id for request in requests})
    effects = _effects(tx, desk, requests)
    for effect in effects:
        _queue(tx, effect, effects)
    for request in requests:
        _give_up(tx, request, reason, principal, now)
    body: Json = {"reason": reason, "requests": [request.id for request in requests]}
    note(tx, f"cause/{cause}", "release.by_cause", now, body, principal.signature)
    teach_overrides(tx, desk, requests, now)
    return Preview(cause=str(cause), effects=effects, asked=())


def _caused(tx: Tx, cause: Cause) -> Sequence[Request]:
    """What goes back to the cause and holds an effect, or has leave to begin it."""
    live = tx.requests.all([RequestState.HELD, RequestState.AUTHORISED])
    return [
        request for request in live if not request.taken_back and _holds(tx, request) and caused_by(tx, cause, request)
    ]


def _holds(tx: Tx, request: Request) -> bool:
    holder = tx.holders.get(request.id)
    return holder is None or holder.left_at is None


def _effects(tx: Tx, desk: Desk, requests: Sequence[Request]) -> tuple[ToRelease, ...]:
    """One line an effect, in the order of release."""
    leases = _leases_of(tx, requests)
    found = {lease.id: _effect(tx, lease, theirs) for lease, theirs in leases}
    latest = _latest_first(tx, [lease for lease, _ in leases])
    going = [
        Standing(lease.id, lease.target, frozenset(r.incident_id for r in requests if r.id in found[lease.id].requests))
        for lease in latest
        if not found[lease.id].kept_for
    ]
    order = release_order(desk.context, going)
    kept = [effect for effect in found.values() if effect.kept_for]
    return (*(found[lease].model_copy(update={"after": after}) for lease, after in order.items()), *kept)


def _leases_of(tx: Tx, requests: Iterable[Request]) -> Sequence[tuple[Lease, tuple[str, ...]]]:
    """Each live lease that is held, or about to be, by some of the requests; with these."""
    wanted = {request.id for request in requests}
    found = []
    for lease in tx.leases.live():
        holding = [holder.request_id for holder in standing(tx, lease)]
        waiting = [request.id for request in tx.requests.waiting_for(lease.key)]
        theirs = tuple(name for name in (*holding, *waiting) if name in wanted)
        found += [(lease, theirs)] if theirs else []
    return found


def _effect(tx: Tx, lease: Lease, requests: tuple[str, ...]) -> ToRelease:
    others = [holder for holder in standing(tx, lease) if holder.request_id not in requests]
    return ToRelease(
        lease_id=lease.id,
        state=lease.state,
        action=lease.action,
        target=lease.target,
        connector=lease.connector,
        expires_at=lease.expires_at,
        requests=requests,
        kept_for=tuple(dict.fromkeys(holder.incident_id for holder in others)),
    )


def _latest_first(tx: Tx, leases: Sequence[Lease]) -> Sequence[Lease]:
    """What is not in force yet, then what came into force last."""
    order = tx.timeline.order([f"lease/{lease.id}" for lease in leases], LeaseState.ACTIVE)
    rank = {subject: at for at, subject in enumerate(order)}
    return sorted(leases, key=lambda lease: -rank.get(f"lease/{lease.id}", len(rank)))


def _queue(tx: Tx, effect: ToRelease, effects: Iterable[ToRelease]) -> None:
    """Have the lease wait for those before it, and tell those after it when it is over (rule 3)."""
    lease = tx.leases.get(effect.lease_id)
    followers = tuple(other.lease_id for other in effects if effect.lease_id in other.after)
    if lease is not None and (effect.after or followers):
        tx.leases.save(lease.model_copy(update={"after": effect.after, "before": followers}), before=lease.state)


def _give_up(tx: Tx, request: Request, reason: str, principal: Principal, now: datetime) -> None:
    """One share goes: at once where it is held, else before it can be (rule 4)."""
    if request.state is RequestState.HELD:
        tier = None if request.decision is None else request.decision.tier
        let_go(tx, request, "vetoed" if tier is Tier.TELL else "withdrawn", reason, principal.signature, now)
        return
    tx.requests.save(request.model_copy(update={"taken_back": reason}), before=request.state)
    note(tx, f"request/{request.id}", "request.taken_back", now, {"reason": reason}, principal.signature)
    incident = tx.incidents.get(request.incident_id)
    if incident is not None:
        tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    for lease, _ in _leases_of(tx, [request]):
        tx.outbox.nudge("Lease", lease.key, lease.key)
