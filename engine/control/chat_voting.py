"""The door for answers from chat rooms, before the one door for votes.

Rules: 1. Who answers is who the people's file says that user is; anybody else votes on nothing. 2. An answer is to a
card that stands there, by its own reference, and not within a second after it was changed. 3. A user who is known for
less than a day may not decide (operations 6). 4. Everything else is the one voting door's (`engine.control.voting`).
"""

from datetime import datetime, timedelta

from engine.approvals import Ballot
from engine.control.desk import Desk
from engine.control.enrolment import PROVING, recognise
from engine.control.moves import note
from engine.control.voting import VoteAnswer, cast_vote
from engine.model.approval import VoteKind
from engine.model.base import Json, Model, Said
from engine.model.principal import Principal
from engine.store.tx import Tx

SETTLING = timedelta(seconds=1)
"""How long after a change answers are ignored: the thumb was on its way to what stood there before."""


class Tap(Model):
    """An answer as a product's signed callback gives it; `ref` is the card it was given on, `digest` what it showed."""

    room: str
    user: str
    ref: str
    request_id: str
    digest: str
    kind: VoteKind
    reason: Said = ""


class TapAnswer(Model):
    """What the one who answered is told; `known` is False for somebody nobody knows."""

    accepted: bool
    text: str
    known: bool = True


def answer_tap(tx: Tx, desk: Desk, tap: Tap, now: datetime) -> TapAnswer:
    """Count an answer, or say why it does not count."""
    found = recognise(tx, desk.people, tap.room, tap.user, now)
    if found is None:
        return TapAnswer(accepted=False, text=how_to_enrol(tap.room, tap.user), known=False)
    person, enrolment = found
    why_not = _misplaced(tx, tap, now)
    if why_not is not None:
        return TapAnswer(accepted=False, text=why_not)
    if now < enrolment.since + PROVING:
        return _too_fresh(tx, tap, person, enrolment.since, now)
    ballot = Ballot(person, tap.kind, tap.reason, tap.digest, now)
    return TapAnswer(**_told(cast_vote(tx, desk, tap.request_id, ballot, f"chat/{tap.room}")))


def how_to_enrol(room: str, user: str) -> str:
    """What somebody is told whom nobody knows."""
    return (
        f"nobody is known here as {user}, so this counts for nothing: have `chat: {{{room}: {user}}}` written under "
        "your name in people.yaml; votes count a day later, until then use the console"
    )


def _misplaced(tx: Tx, tap: Tap, now: datetime) -> str | None:
    """Rule 2."""
    thread = tx.threads.get(tap.room, tap.request_id)
    if thread is None or not thread.ref or thread.ref != tap.ref:
        return "this is not the card of that request: look for the one that is"
    if thread.edited_at is not None and now < thread.edited_at + SETTLING:
        return "the card has only just changed, so nothing was counted: look at it again"
    return None


def _too_fresh(tx: Tx, tap: Tap, person: Principal, since: datetime, now: datetime) -> TapAnswer:
    """Rule 3; somebody known is refused, which is an entry (design 6)."""
    why = f"known in this room since {since.isoformat(timespec='minutes')}: votes from here count a day later"
    body: Json = {"vote": tap.kind, "digest": tap.digest, "channel": f"chat/{tap.room}", "because": why}
    note(tx, f"request/{tap.request_id}", "vote.refused", now, body, person.signature)
    return TapAnswer(accepted=False, text=f"{why}; until then use the console")


def _told(answer: VoteAnswer) -> dict[str, bool | str]:
    if not answer.accepted:
        return {"accepted": False, "text": f"not counted: {answer.because}"}
    more = f"{answer.missing} more needed" if answer.missing else "enough: everything is checked again"
    group = f", one of {' or '.join(answer.groups)}" if answer.group_missing else ""
    return {"accepted": True, "text": f"counted; {more}{group}. It can be taken back for a minute."}
