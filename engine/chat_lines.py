"""What happened to a request, a line each, as its thread in a chat room tells it; pure.

Only what the ledger says is told, and only after it stands there; times by the clock of whoever reads it.
"""

from datetime import UTC, datetime, timedelta, tzinfo

from pydantic import JsonValue

from engine import duration
from engine.card_text import shown
from engine.model.base import Json
from engine.model.entry import Entry
from engine.telling import by_the_clock, listed

SAID = {
    "request.vetoed": "vetoed, and taken back",
    "request.cleared": "validated: policy and every check passed again, just before it is done",
    "lease.active": "EXECUTED AND VERIFIED: {lease} is in force",
    "lease.releasing": "{lease} is being released",
    "lease.released": "RELEASED: {lease} is over",
    "lease.stuck": "RELEASE STUCK: {lease} is tried again until it is over",
    "lease.unknown": "nobody knows yet whether {lease} took effect: the target is asked",
    "lease.drifted": "{lease} is not what we left: looked after",
    "lease.surrendered": "{lease} was lifted by somebody else",
}
BECAUSE = {
    "request.blocked": "BLOCKED AFTER APPROVAL, NOT DONE",
    "request.superseded": "void: asked again",
    "request.withdrawn": "taken back",
    "request.failed": "FAILED",
    "lease.failed": "FAILED",
}
"""With the reason behind it, under whichever of these names it stands."""
ENDED = {"request.rejected": "denied", "request.expired": "nobody answered in time"}
"""What ends a question without a yes; what its incident has in force goes on."""
REASONS = ("stopped_by", "changed", "because", "reason")


def line_of(entry: Entry, zone: tzinfo = UTC) -> str | None:
    """The line of one entry about a request or its lease; None for what nobody follows."""
    kind = entry.kind
    if kind in SAID:
        return SAID[kind].format(lease=entry.subject.partition("/")[2])
    if kind in BECAUSE:
        why = _because(entry)
        return f"{BECAUSE[kind]}: {why}" if why else BECAUSE[kind]
    return _unanswered(entry, zone) if kind in ENDED else _in_words(entry, zone)


def _unanswered(entry: Entry, zone: tzinfo) -> str:
    """What holds nevertheless, and until when."""
    holding = entry.body.get("holding")
    held = [_held(one, zone) for one in holding if isinstance(one, dict)] if isinstance(holding, list) else []
    more = f"nothing more is done; {listed(held, 3)}" if held else "nothing is done"
    return f"{ENDED[entry.kind]}: {more}"


def _held(one: Json, zone: tzinfo) -> str:
    what = f"{one.get('action')} on {shown(str(one.get('target')), 80)}"
    return f"{what} holds until {_until(one.get('until'), zone)}"


def _in_words(entry: Entry, zone: tzinfo) -> str | None:
    body, lease = entry.body, entry.subject.partition("/")[2]
    match entry.kind:
        case "approval.asked":
            return f"asked: {_names(body.get('asked'))}"
        case "approval.escalated":
            return _reminded(entry, zone)
        case "vote.cast":
            return _voted(entry)
        case "vote.retracted":
            return f"{shown(entry.actor, 80)} takes the vote back"
        case "vote.struck":
            return f"the answer of {shown(str(body.get('principal')), 80)} counts no more: {_because(entry)}"
        case "request.authorised":
            return _authorised(body)
        case "lease.extended" | "lease.held_on":
            return f"{lease} extended until {_until(body.get('until'), zone)}"
        case _:
            return None


def _reminded(entry: Entry, zone: tzinfo) -> str:
    """Who is asked now, and how long is left, by the entry alone."""
    said, gone, asked = entry.body.get("deadline"), entry.body.get("gone"), _names(entry.body.get("asked"))
    if not isinstance(said, str):
        return f"time runs out, also asked: {asked}"
    ends = datetime.fromisoformat(said)
    left = duration.render(timedelta(seconds=int((ends - entry.at).total_seconds())))
    return f"{gone} % of the time is over, {left} left, decide by {by_the_clock(ends, zone)}: asked now {asked}"


def _until(said: JsonValue, zone: tzinfo) -> str:
    return by_the_clock(datetime.fromisoformat(said), zone) if isinstance(said, str) else "a later time"


def _voted(entry: Entry) -> str:
    said = "approves" if entry.body.get("vote") == "approve" else "DENIES"
    reason = shown(str(entry.body.get("reason") or ""))
    return f"{shown(entry.actor, 80)} {said}{_for(entry.body)}{f': {reason}' if reason else ''}"


def _for(body: Json) -> str:
    """For how long, where people agreed to less than what was asked."""
    seconds = body.get("lease_s")
    return f" for {duration.render(timedelta(seconds=seconds))}" if isinstance(seconds, int | float) else ""


def _authorised(body: Json) -> str:
    by = _names(body.get("approvers"))
    return f"APPROVED by {by}{_for(body)}; checked again before it is done" if by else "nobody vetoed: it is done"


def _because(entry: Entry) -> str:
    found = next((entry.body[name] for name in REASONS if entry.body.get(name)), "")
    return "; ".join(shown(str(one)) for one in found) if isinstance(found, list) else shown(str(found))


def _names(value: JsonValue) -> str:
    return listed([shown(str(name), 80) for name in value], 20) if isinstance(value, list) else ""
