"""The door for answers from chat rooms, before the one door for votes.

Rules: 1. Who answers is who the people's file says that user is; anybody else votes on nothing. 2. An answer is to a
card that stands there, by its own reference, and not within a second after it was changed. 3. A user who is known for
less than a day may not decide (operations 6). 4. What was answered once is not looked at again, however often it is
heard: what somebody took back meanwhile stays taken back, and what they voted since stands. 5. Everything else is the
one voting door's (`engine.control.voting`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import quote

from engine.approvals import Ballot, asked_length, names
from engine.card_pages import parameters
from engine.control.desk import Desk
from engine.control.enrolment import PROVING, recognise
from engine.control.moves import note
from engine.control.stepping_up import takes_code
from engine.control.trials import hear
from engine.control.voting import VoteAnswer, cast_vote, find_request, retract_vote
from engine.duration import parse, render
from engine.errors import InvalidInput
from engine.model.approval import VoteKind
from engine.model.base import Json, Model, Said
from engine.model.chat import Enrolment
from engine.model.decision import Tier
from engine.model.permission import Permission, permissions
from engine.model.principal import Principal
from engine.model.request import RequestState
from engine.model.step_up import Code
from engine.model.trial import ASKED
from engine.store.tx import Tx

SETTLING = timedelta(seconds=1)
"""How long after a change answers are ignored: the thumb was on its way to what stood there before."""


TO_TRY = "this only tries the way: press Approve, which is no vote here"
NO_LENGTH = "not counted: it does not say for how long: write for example `15s`, `30m`, `1h30m` or `7d`"
NO_PLACE = "a code is needed for this, and a room is no place for one: answer at the console"


class Tap(Model):
    """An answer as a product's signed callback gives it; `ref` is the card it was given on, `digest` what it showed.

    `event` is what the product itself tells it from any other by. `considered`: it was given in a form of its own,
    after the card was tapped. `lease` is for how long at the most, as it was typed, and `code` a one-time code.
    `openly`: everybody in the room reads what was typed. `prefix` is what stands before a command there, None
    where none is taken.
    """

    room: str
    event: str
    user: str
    ref: str
    request_id: str
    digest: str
    kind: VoteKind
    reason: Said = ""
    considered: bool = False
    lease: str = ""
    code: Code | None = None
    openly: bool = False
    prefix: str | None = ""


class TakenBack(Model):
    """Somebody in a room takes their answer back; `event` as in `Tap`."""

    room: str
    event: str
    user: str
    request_id: str


class Form(Model):
    """What a form for an answer asks for: whether it has to say why, what of the asked time may be left, and a code.

    `exactly` is what a yes is to, a parameter a line or more: the card may have had no room for it.
    """

    reason: bool
    asked: timedelta | None
    code: bool = False
    exactly: tuple[str, ...] = ()


class TapAnswer(Model):
    """What the one who answered is told; `known` is False for somebody nobody knows."""

    accepted: bool
    text: str
    known: bool = True


class Named(Model):
    """A question, and the card on which it stands."""

    ref: str
    request_id: str


def look_at_tap(tx: Tx, desk: Desk, tap: Tap, now: datetime) -> TapAnswer | None:
    """Why a form need not even be opened for this answer; None where it is worth one."""
    found = recognise(tx, desk.people, tap.room, tap.user, now)
    if found is None:
        return stranger(tap.room, tap.user)
    if tap.request_id == ASKED:
        return TapAnswer(accepted=False, text=TO_TRY)
    key = f"{event_key(tap.room, tap.user, tap.event)}/look"
    moved = _is_moved(tx, tap) and tx.steps.once(key, TapAnswer, now, lambda: _moved(tx, tap, found[0], now))
    return moved or _unsettled(tx, tap, now)


def form_for(tx: Tx, desk: Desk, tap: Tap, now: datetime) -> Form:
    """What belongs to this answer besides a yes or a no."""
    request = find_request(tx, tap.request_id)
    yes, spec = tap.kind is VoteKind.APPROVE, desk.specs.get(request.action)
    top = request.decision is not None and request.decision.tier is Tier.ASK_TWO
    exactly = (*parameters(request.params),) if yes else ()
    shortens = yes and spec is not None and spec.lasting and request.decision is not None
    found = recognise(tx, desk.people, tap.room, tap.user, now)
    coded = found is not None and takes_code(desk, found[0], request, tap.kind)
    return Form(reason=top or not yes, asked=asked_length(request) if shortens else None, code=coded, exactly=exactly)


def answer_tap(tx: Tx, desk: Desk, tap: Tap, now: datetime) -> TapAnswer | None:
    """Count an answer, or say why it does not count; None for one that was answered before (rule 4)."""
    found = recognise(tx, desk.people, tap.room, tap.user, now)
    if found is None:
        return stranger(tap.room, tap.user)
    if tap.request_id == ASKED:
        return _once(tx, tap, now, lambda: _tried(tx, tap, found[0], now))
    return _once(tx, tap, now, lambda: _answered(tx, desk, tap, *found, now))


def take_back(tx: Tx, desk: Desk, given: TakenBack, now: datetime) -> TapAnswer | None:
    """Take an answer back as anywhere else (`engine.control.voting`); None for what was heard before (rule 4)."""
    found = recognise(tx, desk.people, given.room, given.user, now)
    if found is None:
        return stranger(given.room, given.user)
    return _once(tx, given, now, lambda: _taken_back(tx, desk, given, *found, now))


def _once(tx: Tx, given: Tap | TakenBack, now: datetime, work: Callable[[], TapAnswer]) -> TapAnswer | None:
    key = event_key(given.room, given.user, given.event)
    return None if tx.steps.stored(key, TapAnswer) is not None else tx.steps.once(key, TapAnswer, now, work)


def answered_before(tx: Tx, tap: Tap) -> TapAnswer | None:
    """What was said of an answer when it was heard; None where it was not."""
    return tx.steps.stored(event_key(tap.room, tap.user, tap.event), TapAnswer)


def event_key(room: str, user: str, event: str) -> str:
    """What one thing that somebody did in a room is done once under; no product's events are told apart for us."""
    return f"chat/{room}/{quote(user, safe='')}/{event}"


def _taken_back(
    tx: Tx, desk: Desk, given: TakenBack, person: Principal, enrolment: Enrolment, now: datetime
) -> TapAnswer:
    if tx.requests.get(given.request_id) is None:
        return TapAnswer(accepted=False, text="there is no such request")
    channel = f"chat/{given.room}"
    why_not = too_fresh(enrolment, now) or _no_voter(person)
    if why_not is not None:
        body: Json = {"because": why_not, "channel": channel}
        note(tx, f"request/{given.request_id}", "vote.retraction_refused", now, body, person.signature)
        return TapAnswer(accepted=False, text=why_not)
    answer = retract_vote(tx, desk, given.request_id, person, now, channel)
    said = "taken back" if answer.accepted else f"not taken back: {answer.because}"
    return TapAnswer(accepted=answer.accepted, text=said)


def _no_voter(person: Principal) -> str | None:
    return None if Permission.VOTE in permissions(person) else "has no role that votes"


def _answered(tx: Tx, desk: Desk, tap: Tap, person: Principal, enrolment: Enrolment, now: datetime) -> TapAnswer:
    if _is_moved(tx, tap):
        return _moved(tx, tap, person, now)
    if (unsettled := _unsettled(tx, tap, now)) is not None:
        return unsettled
    fresh = too_fresh(enrolment, now)
    if fresh is not None:
        return _refused(tx, tap, person, fresh, now)
    try:
        lease = parse(tap.lease) if tap.lease else None
    except InvalidInput:
        # What was typed there is not said again: it may be a code, which stands in no entry.
        return _refused(tx, tap, person, NO_LENGTH, now)
    if tap.openly and takes_code(desk, person, find_request(tx, tap.request_id), tap.kind):
        return _refused(tx, tap, person, f"{NO_PLACE}: fireline approvals approve {tap.request_id} --code", now)
    ballot = Ballot(person, tap.kind, tap.reason, tap.digest, now, lease, tap.code)
    return _told(tap, cast_vote(tx, desk, tap.request_id, ballot, f"chat/{tap.room}"), now)


def _tried(tx: Tx, tap: Tap, person: Principal, now: datetime) -> TapAnswer:
    """An answer to a test card, whatever it says."""
    why_not = hear(tx, tap.room, tap.ref, tap.digest, person, now)
    return TapAnswer(accepted=why_not is None, text=why_not or "heard: this room can be asked, and its answers arrive")


def stranger(room: str, user: str) -> TapAnswer:
    """The answer to a user whom nobody knows."""
    return TapAnswer(accepted=False, text=how_to_enrol(room, user), known=False)


def card_with(tx: Tx, room: str, digest: str) -> Named | None:
    """What is asked now on a card of this room and has this digest, or the beginning of it that cards show."""
    trial = tx.trials.get(room)
    if trial is not None and names(digest, trial.digest):
        return Named(ref=trial.ref, request_id=ASKED)
    asked = tx.requests.all((RequestState.AWAITING_APPROVAL,))
    [*named] = (request for request in asked if names(digest, request.digest or ""))
    thread = tx.threads.get(room, named[0].id) if len(named) == 1 else None
    return None if thread is None else Named(ref=thread.ref, request_id=named[0].id)


def how_to_enrol(room: str, user: str) -> str:
    """What somebody is told whom nobody knows."""
    return (
        f"nobody is known here as {user}, so this counts for nothing: `fireline people enrol {room}` gives you a code "
        "to type here, and somebody else confirms it; answers from here count a day later, until then use the console"
    )


def _is_moved(tx: Tx, tap: Tap) -> bool:
    """Whether it was given on another card than that of the request (rule 2)."""
    thread = tx.threads.get(tap.room, tap.request_id)
    return thread is None or not thread.ref or thread.ref != tap.ref


def _moved(tx: Tx, tap: Tap, person: Principal, now: datetime) -> TapAnswer:
    return _refused(tx, tap, person, "this is not the card of that request: look for the one that is", now)


def _unsettled(tx: Tx, tap: Tap, now: datetime) -> TapAnswer | None:
    """Rule 2; no refusal of anybody, so no entry."""
    thread = tx.threads.get(tap.room, tap.request_id)
    if thread is None:
        return None
    if not tap.considered and thread.edited_at is not None and now < thread.edited_at + SETTLING:
        return TapAnswer(accepted=False, text="the card has only just changed, so nothing was counted: look again")
    return None


def too_fresh(enrolment: Enrolment, now: datetime) -> str | None:
    """Why somebody may not decide here yet (rule 3); None where they may."""
    if now >= enrolment.since + PROVING:
        return None
    since = enrolment.since.isoformat(timespec="minutes")
    return f"known in this room since {since}: votes from here count a day later; until then use the console"


def _refused(tx: Tx, tap: Tap, person: Principal, why: str, now: datetime) -> TapAnswer:
    """Somebody known is refused, which is an entry (design 6)."""
    body: Json = {"vote": tap.kind, "digest": tap.digest, "channel": f"chat/{tap.room}", "because": why}
    named = tx.requests.get(tap.request_id) is not None
    subject = f"request/{tap.request_id}" if named else f"principal/{person.id}"
    note(tx, subject, "vote.refused", now, body, person.signature)
    return TapAnswer(accepted=False, text=why)


def _told(tap: Tap, answer: VoteAnswer, now: datetime) -> TapAnswer:
    if not answer.accepted:
        return TapAnswer(accepted=False, text=f"not counted: {answer.because}")
    if tap.kind is VoteKind.DENY:
        at_console = f"`fireline approvals retract {tap.request_id}` at the console"
        back = at_console if tap.prefix is None else f"{tap.prefix}retract {tap.request_id}"
        return TapAnswer(accepted=True, text=f"counted: denied; within a minute: {back} takes it back")
    if answer.final_at is not None:
        return TapAnswer(accepted=True, text=f"counted, but {_denied(answer.denied_by, answer.final_at - now)}")
    more = f"{answer.missing} more needed" if answer.missing else "enough"
    group = f", one of {' or '.join(answer.groups)}" if answer.group_missing else ""
    agreed = "" if answer.agreed_s is None else f", for {render(timedelta(seconds=answer.agreed_s))}"
    return TapAnswer(accepted=True, text=f"counted: {more}{group}{agreed}")


def _denied(by: str, left: timedelta) -> str:
    """Whoever says yes now is not to believe that it is done."""
    within = timedelta(seconds=int(left.total_seconds()))
    unless = f" unless that is taken back within {render(within)}" if within else ""
    return f"{by} said no: nothing is done{unless}"
