"""Telling people what became of effects: read from the ledger, so that whatever changes one, none is left out.

Rules: 1. What was read and what is said of it are one transaction: each change is told once, however often the engine
dies. 2. One message an audience and look, a line a change. 3. What was told before this installation is not told anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from engine.approvals import obligations
from engine.control.desk import Desk
from engine.control.messages import Said, send
from engine.lifecycle import is_final
from engine.model.action import Executor
from engine.model.entry import Entry
from engine.model.lease import PERMANENT, Lease
from engine.model.page import Message
from engine.model.request import Request
from engine.outgoing import whom
from engine.store.tx import Tx
from engine.telling import ALWAYS, OWNER, Change, Effect, told

READER = "tell"
KINDS = {
    "lease.active": Change.ACTIVE,
    "lease.extended": Change.EXTENDED,
    "lease.held_on": Change.EXTENDED,
    "lease.decided_again": Change.EXTENDED,
    "request.held": Change.EXTENDED,
    "lease.released": Change.RELEASED,
    "lease.surrendered": Change.RELEASED,
}
Recipient = tuple[str, str, bool]
"""Audience, who of it, and whether the effect is simulated."""


def is_told(entry: Entry) -> bool:
    """Whether an entry is a change that anybody hears of; what was put back or left nothing behind is none."""
    match entry.kind:
        case "request.held":
            return entry.body.get("prolongs") is True
        case "lease.decided_again":
            return entry.body.get("answer") == "kept"
        case kind:
            return kind in KINDS and not entry.body.get("re_applied") and entry.body.get("lasting") is not False


def _lease_of(tx: Tx, entry: Entry) -> Lease | None:
    named = entry.body.get("lease")
    return tx.leases.get(named if isinstance(named, str) else entry.subject.partition("/")[2])


def tell(tx: Tx, desk: Desk, entries: Iterable[Entry], read: int, now: datetime) -> list[Message]:
    """Say what these entries mean to everybody concerned, and that the ledger is read up to `read`."""
    lines = dict[Recipient, dict[str, None]]()
    for entry in filter(is_told, entries):
        for recipient, line in _lines(tx, desk, entry, now):
            lines.setdefault(recipient, {})[line] = None
    messages = [_send(tx, recipient, tuple(said), now) for recipient, said in lines.items()]
    tx.read_until.put(READER, read)
    return messages


def _lines(tx: Tx, desk: Desk, entry: Entry, now: datetime) -> Iterator[tuple[Recipient, str]]:
    lease = _lease_of(tx, entry)
    requests = [] if lease is None else _requests(tx, lease)
    if lease is None or not requests:
        return
    effect, simulated = _effect(desk, lease, requests, entry, now), lease.executor is Executor.SIMULATED
    for audience in sorted({name for request in requests for name in obligations(request).tell} | {*ALWAYS}):
        for recipient, through in _owners(desk, lease) if audience == OWNER else [("", "")]:
            yield (audience, recipient, simulated), told(effect, audience, through)


def _requests(tx: Tx, lease: Lease) -> list[Request]:
    found = map(tx.requests.get, [holder.request_id for holder in tx.holders.of(lease.id)])
    return [request for request in found if request is not None and request.decision is not None]


def _effect(desk: Desk, lease: Lease, requests: Sequence[Request], entry: Entry, now: datetime) -> Effect:
    spec, asset = desk.specs.get(lease.action), desk.context.asset(lease.target)
    change = KINDS[entry.kind]
    if change is Change.ACTIVE and all(request.interim_for is not None for request in requests):
        change = Change.INTERIM
    groups = tuple(sorted({group for request in requests for group in obligations(request).groups}))
    return Effect(
        lease=lease.id,
        change=change,
        what=lease.action if spec is None else f"{spec.summary.rstrip('.').lower()} ({spec.id})",
        target=lease.target,
        until=_until(lease, entry),
        services=() if asset is None else asset.services,
        call=whom(desk.people, groups, 0, now),
    )


def _until(lease: Lease, entry: Entry) -> datetime | None:
    """The end that this very change gave it; None where there is none."""
    said = entry.body.get("until")
    end = datetime.fromisoformat(said) if isinstance(said, str) else lease.expires_at
    return None if end is None or (not is_final(lease.state) and end - lease.began_at >= PERMANENT) else end


def _owners(desk: Desk, lease: Lease) -> Iterator[tuple[str, str]]:
    """Who owns the target, and who owns what depends on it and through what, each once."""
    asset, identity = desk.context.asset(lease.target), desk.context.identity(lease.target)
    own = {one.owner for one in (asset, identity) if one is not None and one.owner}
    yield from ((owner, "") for owner in sorted(own))
    for dependent in [] if asset is None else desk.context.dependents(asset.name):
        if dependent.owner and dependent.owner not in own:
            yield dependent.owner, dependent.name


def _send(tx: Tx, recipient: Recipient, lines: tuple[str, ...], now: datetime) -> Message:
    audience, name, simulated = recipient
    count = "an effect" if len(lines) == 1 else f"{len(lines)} effects"
    title = f"for {name or audience}: {count} on what you look after"
    return send(tx, Said(audience, "effects", title, lines, (name or audience,), simulated=simulated), now)
