"""A request as an item of a card: what will be done to what, why, what it may break, how it is undone; pure.

Rules: 1. Every parameter, and what changed since people were asked last, stands on the card whole; where they are too
long for it, it says how many are left out and where all of them are shown (`engine.card_room`). 2. What came from
outside is data (`engine.card_text`). 3. Times are absolute, in the time zone of the room. 4. Where the effect would be
is said by us alone, in the first line and the last.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from engine import duration
from engine.approvals import Tally, asked_length, obligations
from engine.card_pages import parameters, pieces
from engine.card_room import ALONE, AMONG_OTHERS, Space, bounded, fitted, parted, where, whole
from engine.card_text import shown
from engine.digest import canonical, short
from engine.model.action import ActionSpec, Reversal
from engine.model.approval import Vote, VoteKind
from engine.model.card import Card, CardItem, CardLine
from engine.model.check import CheckOutcome
from engine.model.context import Asset, Identity
from engine.model.decision import OnExpiry, Tier
from engine.model.finding import Finding
from engine.model.request import Request, RequestState
from engine.telling import by_the_clock, listed
from engine.validate import blast

MARKS = {True: "SIMULATED SITE", False: "REAL"}
JUDGED = ("right", "verdicts")
SILENCE = {
    OnExpiry.DENY: "nothing is done",
    OnExpiry.HOLD: "nothing more is done; what is held meanwhile stays until its own end",
    OnExpiry.ACT: "it is done",
}

EXACTLY = "EXACTLY"
LOOK_BACK = "legitimate-flows"
"""The check that says how far it looked back."""


@dataclass(frozen=True)
class Meanwhile:
    """What the same incident has in force already, and until when."""

    request: Request
    until: datetime | None


@dataclass(frozen=True)
class Asked:
    """Everything that an item is made of; `lasts` is how long it would last now, `meanwhile` what holds already.

    `wider_at` is when more people are asked, `final_at` when a denial is, `because` why each of those asked is.
    """

    request: Request
    spec: ActionSpec
    lasts: timedelta
    simulated: bool
    zone: ZoneInfo
    count: Tally
    votes: Sequence[Vote] = ()
    finding: Finding | None = None
    thing: Asset | Identity | None = None
    meanwhile: Sequence[Meanwhile] = ()
    wider_at: datetime | None = None
    final_at: datetime | None = None
    because: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown:
    """A request of which nothing can be shown, and so nothing agreed to."""

    request: Request
    simulated: bool
    why: str


def build_card(several: Sequence[Asked | Unknown]) -> Card:
    """The card as it is to be shown now; it says `REAL` where anything on it is."""
    space = ALONE if len(several) == 1 else AMONG_OTHERS
    return Card(
        mark=MARKS[all(one.simulated for one in several)],
        about=listed([*dict.fromkeys(one.request.incident_id for one in several)], 3),
        items=tuple(_item(one, space) if isinstance(one, Asked) else _unknown(one) for one in several),
    )


def _unknown(one: Unknown) -> CardItem:
    request = one.request
    return CardItem(
        request=request.id,
        headline="CANNOT BE SHOWN",
        title=bounded(f"{request.action} on {shown(request.target)}: {one.why}", AMONG_OTHERS.title),
        lines=(CardLine(label="MORE", text=where(request.id)),),
        digest=request.digest or "",
        shown=short(request.digest or ""),
        open=False,
        to_approve=False,
    )


def _item(asked: Asked, space: Space) -> CardItem:
    request = asked.request
    title = f"{request.action} on {shown(request.target)}{_about(asked.thing)} {_lasting(asked)}"
    wanted = [CardLine(label=label, text=text) for label, text in _lines(asked, space.exact) if text]
    lines = fitted(request.id, bounded(title, space.title), wanted, space)
    return CardItem(
        request=request.id,
        headline=_headline(asked),
        title=bounded(title, space.title),
        lines=lines,
        digest=request.digest or "",
        shown=short(request.digest or ""),
        open=request.state is RequestState.AWAITING_APPROVAL,
        to_approve=_tier(request) is Tier.ASK_TWO,
        lasting=asked.spec.lasting,
        cut=EXACTLY not in [line.label for line in lines] or parted(_given(request), space.exact)[1] > 0,
        typed=(*_typed(asked),),
    )


def in_full(asked: Asked) -> list[str]:
    """All of it, line by line: what the card says, and every parameter and change whole (`engine.card_pages`)."""
    request = asked.request
    said = (f"{label:<8}  {text}" for label, text in _lines(asked, 0) if text and label not in (EXACTLY, "CHANGED"))
    changed = (line for one in (*request.denied, *request.difference) for line in pieces("CHANGED ", one))
    exactly = [f"{EXACTLY}  connector={request.connector}, version={request.action_version}"]
    title = f"{request.action} on {shown(request.target)}{_about(asked.thing)} {_lasting(asked)}"
    digest = f"DIGEST    {request.digest}"
    return [f"{request.id} · {_headline(asked)}", title, *said, *changed, *exactly, *parameters(request.params), digest]


def _tier(request: Request) -> Tier:
    assert request.decision is not None
    return request.decision.tier


def _headline(asked: Asked) -> str:
    request, wanted = asked.request, obligations(asked.request)
    tier = f"TIER {int(_tier(request))}"
    if request.state is not RequestState.AWAITING_APPROVAL:
        return f"{tier} · {request.state.replace('_', ' ').upper()}"
    if asked.count.denier is not None:
        return f"{tier} · DENIED BY {shown(asked.count.denier, 80)}, final at {_instant(asked.final_at, asked.zone)}"
    needed = f"{wanted.quorum} approval{'s' * (wanted.quorum != 1)}"
    group = f", one from {' or '.join(wanted.groups)}" if wanted.groups else ""
    return f"{tier} · {needed}{group} · decide by {_instant(request.deadline, asked.zone)}"


def _about(thing: Asset | Identity | None) -> str:
    if thing is None:
        return ""
    services = shown(listed(thing.services)) if isinstance(thing, Asset) and thing.services else ""
    owner = f"owner {shown(thing.owner)}" if thing.owner else ""
    return f" ({'; '.join(part for part in (str(thing.criticality), services, owner) if part)})"


def _lasting(asked: Asked) -> str:
    if not asked.spec.lasting:
        return "once"
    wanted = asked_length(asked.request)
    less = f", of the {duration.render(wanted)} asked" if asked.lasts < wanted else ""
    return f"for {duration.render(asked.lasts)}{less}; ends by itself"


def _lines(asked: Asked, exact: int) -> Iterator[tuple[str, str]]:
    request = asked.request
    assert request.decision is not None
    if request.state is not RequestState.AWAITING_APPROVAL:
        yield "DECIDED", shown(request.outcome)
    yield "CHANGED", "; ".join(whole((*request.denied, *request.difference), request.id, exact))
    yield "WHY", _why(asked)
    yield "MEANWHILE", listed([_holds(one, asked.zone) for one in asked.meanwhile], 3)
    yield "IF YES", _if_yes(asked)
    yield "IF NO", "nothing more is done" + ("; what holds meanwhile ends at its own end" if asked.meanwhile else "")
    yield "SILENCE", SILENCE[obligations(request).on_expiry]
    yield "WHY YOU", shown(request.decision.why_asked)
    yield from (("WARNING", shown(text)) for text in _warnings(request))
    yield "CHECKS", _checks(request)
    yield "UNDO", _undo(asked)
    yield EXACTLY, _parameters(request, exact)
    yield "VOTES", _votes(asked)


def _why(asked: Asked) -> str:
    finding, request = asked.finding, asked.request
    if finding is None:
        return f"{shown(request.requester, 80)} asks: {shown(request.reason)}"
    said = finding.evidence.get("message")
    sure = "no confidence given" if finding.confidence is None else f"{finding.confidence:.2f}"
    by = ", ".join((f"{finding.detector} v{finding.detector_version}", *finding.techniques[:5]))
    right, judged = (request.decision and request.decision.facts.get(f"autonomy.{name}") for name in JUDGED)
    found_true = f"; {right} of {judged} such findings that were judged were true" if judged else ""
    return f"{sure}: {shown(said if isinstance(said, str) else finding.title)} ({shown(by)}){found_true}"


def _holds(one: Meanwhile, zone: ZoneInfo) -> str:
    until = "" if one.until is None else f" until {_instant(one.until, zone)}"
    return f"{one.request.action} on {shown(one.request.target)} holds{until}"


def _if_yes(asked: Asked) -> str:
    broken = blast(asked.request.checks)
    dependents, lines = broken["dependents"], broken["lines"]
    hit = listed([shown(str(name), 80) for name in dependents]) if isinstance(dependents, list) else ""
    cut = listed([f"{count} {shown(tag, 40)}" for tag, count in lines.items()]) if isinstance(lines, dict) else ""
    parts = (
        asked.spec.summary.rstrip(".").lower(),
        f"{hit} need it" if hit else "nothing known depends on it",
        f"cuts lines of known traffic: {cut}" if cut else _cuts_nothing(asked.request),
        _spared(asked.request.params.get("spare")),
    )
    return "; ".join(part for part in parts if part)


def _cuts_nothing(request: Request) -> str:
    """How far it was looked back for traffic that it would have cut, where there was none."""
    passed = (one for one in request.checks if one.check == LOOK_BACK and one.outcome is CheckOutcome.PASS)
    return next((shown(one.summary) for one in passed), "")


def _spared(flows: JsonValue) -> str:
    if not isinstance(flows, list) or not flows:
        return ""
    named = [f"{one.get('peer')} {one.get('protocol')}/{one.get('port')}" for one in flows if isinstance(one, dict)]
    return f"spared: {listed([shown(name, 80) for name in named])}"


def _warnings(request: Request) -> Iterable[str]:
    return [result.summary for result in request.checks if result.outcome is CheckOutcome.WARN]


def _checks(request: Request) -> str:
    outcomes = [result.outcome for result in request.checks]
    warned, passed = outcomes.count(CheckOutcome.WARN), outcomes.count(CheckOutcome.PASS)
    stopped = [f"{one.check}: {shown(one.summary)}" for one in request.checks if one.outcome.stops]
    said = f"{passed} pass, {warned} warn, {len(stopped)} block"
    if request.state is RequestState.AWAITING_APPROVAL:
        return f"{said}; all run again after the last vote"
    return "; ".join((said, *stopped))


def _undo(asked: Asked) -> str:
    if asked.spec.final:
        return "NONE: this can never be taken back"
    if asked.spec.reversal is Reversal.SELF_HEALING:
        return "not needed: it heals by itself"
    lease = asked.request.lease_id
    return f"any responder, at any time{'' if lease is None else f'; fireline leases release {lease} at the console'}"


def _typed(asked: Asked) -> Iterator[str]:
    """What a room takes about it: to see all of it, and to undo it where that takes a hand."""
    yield f"show {asked.request.id}"
    if not asked.spec.final and asked.spec.reversal is not Reversal.SELF_HEALING:
        yield f"release {asked.request.id} and why"


def _parameters(request: Request, exact: int) -> str:
    said = whole(_given(request), request.id, exact)
    return ", ".join((*said, f"connector={request.connector}", f"version={request.action_version}"))


def _given(request: Request) -> list[str]:
    return [f"{name}={canonical(value).decode()}" for name, value in sorted(request.params.items())]


def _votes(asked: Asked) -> str:
    request, wanted = asked.request, obligations(asked.request)
    standing = [vote for vote in asked.votes if vote.retracted_at is None]
    said = [f"{shown(vote.principal, 80)} {_vote(vote)}" for vote in standing]
    parts = (
        f"{len(asked.count.approvers)} of {wanted.quorum}",
        listed(said, 20),
        f"asked {listed([_who(asked, name) for name in request.asked], 10)}" if request.asked else "",
        f"more are asked at {_instant(asked.wider_at, asked.zone)}" if asked.wider_at is not None else "",
    )
    return " · ".join(part for part in parts if part)


def _who(asked: Asked, name: str) -> str:
    why = asked.because.get(name)
    return f"{shown(name, 80)} ({shown(why, 80)})" if why else shown(name, 80)


def _vote(vote: Vote) -> str:
    if vote.kind is VoteKind.DENY:
        return "NO"
    return "yes" if vote.lease is None else f"yes for {duration.render(vote.lease)}"


def _instant(at: datetime | None, zone: ZoneInfo) -> str:
    return "any time" if at is None else by_the_clock(at, zone)
