"""People enrol themselves in a chat room, and somebody else confirms it.

Rules: 1. A code is given to a known person at the console or the API, for one room; it is random, of one use, good for
ten minutes, and only its SHA-256 is kept. 2. Whoever types it in that room claims to be that person: it is the user id
that counts, never a name. 3. It counts only once somebody else with the right has confirmed that very user, never the
person, never a bot, and a day later (`PROVING`). 4. Until then whoever the person was in that room stays it. 5. A user
who is somebody already claims nothing, and nobody is enrolled whom the people's file has in that room. 6. The person is
told wherever they are known of every code that is used, or tried, in their name. 7. Who types wrong codes is not
listened to for a while. 8. Every step is an entry, and none holds the code.
"""

import hashlib
import re
from datetime import datetime, timedelta

from engine.card_text import shown
from engine.control.chat_voting import TapAnswer
from engine.control.enrolment import IF_NOT, forget, keep, recognise, users_of
from engine.control.moves import note
from engine.control.whispering import warn
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.base import Json
from engine.model.chat import Enrolment
from engine.model.enrolling import Claim, ClaimState, Guesses
from engine.model.permission import Permission, permissions
from engine.model.principal import Principal
from engine.ports import People
from engine.store.tx import Tx

GOOD_FOR = timedelta(minutes=10)
CONFIRM_WITHIN = timedelta(days=7)
GUESSES, PATIENCE = 5, timedelta(minutes=10)
"""So many wrong codes of one user within this time, and no other is looked at until it is over."""
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without letters that look like others (Crockford's base 32); 12 of them are 60 random bits."""
LENGTH = 12
"""Letters of a code."""
TYPED = re.compile(r"\s*enrol\s+([0-9a-z]{4}-?[0-9a-z]{4}-?[0-9a-z]{4})\s*", re.I)
MISREAD = str.maketrans("OIL", "011", "-")
LAPSED = "lapsed"
NO_CODE = "this is no code that is good here: make one with `fireline people enrol`, and type it within ten minutes"


def offer(tx: Tx, principal: Principal, room: str, random: bytes, now: datetime) -> tuple[Claim, str]:
    """A new code for one's own enrolment, and what is kept of it; earlier ones for the room are void (rule 1)."""
    _require_own(principal)
    if room in principal.chat:
        raise Denied(f"people.yaml says that `{principal.id}` is {principal.chat[room]} in `{room}`: change it there")
    for old in tx.claims.open():
        if (old.principal, old.room) == (principal.id, room):
            _move(tx, old, ClaimState.VOID, now, "another code was made", principal.id)
    code = "".join(ALPHABET[byte % len(ALPHABET)] for byte in random[:LENGTH])
    number = tx.counters.next("EN")
    claim = Claim(id=number, principal=principal.id, room=room, code_sha256=_digest(code), offered_at=now)
    tx.claims.insert(claim)
    note(tx, _subject(claim), "enrolment.offered", now, {"enrolment": claim.id, "room": room}, principal.signature)
    return claim, "-".join(code[place : place + 4] for place in range(0, LENGTH, 4))


def code_in(text: str) -> str | None:
    """The code that somebody typed as `enrol CODE`, None where the text is something else."""
    found = TYPED.fullmatch(text)
    return None if found is None else found[1].upper().translate(MISREAD)


def take_code(tx: Tx, people: People, room: str, user: str, code: str, now: datetime) -> TapAnswer:
    """Somebody typed a code in a room: what they are told."""
    if _is_too_eager(tx, room, user, now):
        return _refused(f"too many wrong codes: wait {PATIENCE.seconds // 60} minutes, and make a new one")
    claim = tx.claims.with_code(_digest(code))
    if claim is None:
        _count_guess(tx, room, user, now)
        return _refused(NO_CODE)
    if (claim.room, claim.user) == (room, user):
        # Heard before: nothing is counted or told anew.
        return _waits(claim) if claim.state is ClaimState.CLAIMED else _refused(NO_CODE)
    why_not = _why_not(tx, people, claim, room, user, now)
    return _claimed(tx, claim, user, now) if why_not is None else _stolen(tx, claim, room, user, why_not, now)


def confirm(tx: Tx, people: People, by: Principal, claim_id: str, user: str, now: datetime) -> Enrolment:
    """Confirm that this user is who they claim to be; whoever the person was in that room, they are no more."""
    claim = _claim(tx, claim_id)
    _require_confirmer(by, claim)
    person = people.get(claim.principal)
    if claim.state is not ClaimState.CLAIMED or claim.claimed_at is None or now > claim.claimed_at + CONFIRM_WITHIN:
        raise Denied(f"{claim.id} does not wait for confirmation: it is {standing(claim, now)}")
    if user != claim.user:
        raise Denied(f"{claim.id} is claimed by another user than `{user}`: look at it again")
    if person is None or person.bot or claim.room in person.chat:
        raise Denied(f"people.yaml says otherwise of `{claim.principal}` by now")
    _require_free(tx, people, claim, now)
    _move(tx, claim, ClaimState.CONFIRMED, now, "", by.signature)
    fresh = Enrolment(room=claim.room, user=user, principal=claim.principal, since=now, confirmed_by=by.id)
    former = [one for one in users_of(tx, claim.principal) if one.room == claim.room]
    keep(tx, fresh, now)
    for old in former:
        forget(tx, old, now)
    return fresh


def decline(tx: Tx, by: Principal, claim_id: str, now: datetime) -> Claim:
    """Have nothing come of it: the person themselves, or whoever might confirm it."""
    claim = _claim(tx, claim_id)
    if by.id != claim.principal and Permission.CONFIRM_ENROLMENTS not in permissions(by):
        raise NotFound(f"there is no enrolment `{claim_id}` of yours")
    if not claim.open:
        raise Denied(f"{claim.id} is over: it is {claim.state}")
    return _move(tx, claim, ClaimState.DECLINED, now, "declined", by.signature)


def remove(tx: Tx, by: Principal, principal: str, room: str, now: datetime) -> Enrolment:
    """Have somebody be known no longer in a room: oneself, or anybody for whom whoever confirms decides."""
    if by.id != principal and Permission.CONFIRM_ENROLMENTS not in permissions(by):
        raise Denied("who somebody else is, is ended by whoever may confirm it")
    known = [one for one in users_of(tx, principal) if one.room == room]
    if not known:
        raise NotFound(f"`{principal}` is not known in `{room}`")
    if not known[0].confirmed_by:
        raise Denied(f"people.yaml says who `{principal}` is in `{room}`: change it there")
    text = f"{principal} is no longer {known[0].user} in {room}: {by.signature} ended it"
    for one in users_of(tx, principal):
        warn(tx, (one.room, one.user), text, f"principal/{principal}", now)
    forget(tx, known[0], now)
    return known[0]


def standing(claim: Claim, now: datetime) -> str:
    """How it stands, for whoever looks at it."""
    if claim.state is ClaimState.OFFERED and now >= claim.offered_at + GOOD_FOR:
        return LAPSED
    late = claim.claimed_at is not None and now > claim.claimed_at + CONFIRM_WITHIN
    return LAPSED if claim.state is ClaimState.CLAIMED and late else claim.state


def _why_not(tx: Tx, people: People, claim: Claim, room: str, user: str, now: datetime) -> str | None:
    """Why a code that was once given claims nothing."""
    if claim.state is not ClaimState.OFFERED:
        return "it was used or ended before"
    if now >= claim.offered_at + GOOD_FOR:
        return "its ten minutes were over"
    if room != claim.room:
        return f"it is for {claim.room}"
    known = recognise(tx, people, room, user, now)
    if known is None:
        return None
    return "that user is known already" if known[0].id == claim.principal else f"that user is {known[0].id} already"


def _claimed(tx: Tx, claim: Claim, user: str, now: datetime) -> TapAnswer:
    claim = claim.model_copy(update={"user": user, "claimed_at": now})
    claim = _move(tx, claim, ClaimState.CLAIMED, now, "", f"chat/{claim.room}")
    said = f"{shown(user)} in {claim.room} has typed your code and claims to be you"
    said += f"; if not: `fireline people decline {claim.id}`"
    _tell_person(tx, claim, said, now)
    return _waits(claim)


def _waits(claim: Claim) -> TapAnswer:
    text = (
        f"taken down: somebody else now confirms it with `fireline people confirm {claim.id} {claim.user}`; "
        "your answers here count a day after that"
    )
    return TapAnswer(accepted=True, text=text)


def _stolen(tx: Tx, claim: Claim, room: str, user: str, why: str, now: datetime) -> TapAnswer:
    """Who has somebody's code and no use of it: it is good for nobody any more, and its person is told."""
    _count_guess(tx, room, user, now)
    body: Json = {"enrolment": claim.id, "room": room, "user": user, "because": why}
    note(tx, _subject(claim), "enrolment.refused", now, body, f"chat/{room}")
    if claim.state is ClaimState.OFFERED:
        _move(tx, claim, ClaimState.VOID, now, why, f"chat/{room}")
    _tell_person(tx, claim, f"{shown(user)} in {room} has typed your code {claim.id} to no avail: {why}", now)
    return _refused(NO_CODE)


def _tell_person(tx: Tx, claim: Claim, said: str, now: datetime) -> None:
    for one in users_of(tx, claim.principal):
        warn(tx, (one.room, one.user), f"{said}. {IF_NOT}", _subject(claim), now)


def _refused(text: str) -> TapAnswer:
    return TapAnswer(accepted=False, text=text, known=False)


def _is_too_eager(tx: Tx, room: str, user: str, now: datetime) -> bool:
    guesses = tx.guessed_codes.get(room, user)
    return guesses is not None and guesses.wrong >= GUESSES and now < guesses.since + PATIENCE


def _count_guess(tx: Tx, room: str, user: str, now: datetime) -> None:
    before = tx.guessed_codes.get(room, user)
    fresh = before is None or now >= before.since + PATIENCE
    wrong, since = (1, now) if before is None or fresh else (before.wrong + 1, before.since)
    tx.guessed_codes.put(Guesses(room=room, user=user, wrong=wrong, since=since))


def _claim(tx: Tx, claim_id: str) -> Claim:
    claim = tx.claims.get(claim_id)
    if claim is None:
        raise NotFound(f"there is no enrolment `{claim_id}`")
    return claim


def _require_own(principal: Principal) -> None:
    if principal.typed_by is not None:
        raise Denied("nobody is enrolled by somebody who speaks for them")
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot, which answers nothing in a room")


def _require_confirmer(by: Principal, claim: Claim) -> None:
    """Rule 3."""
    if by.typed_by is not None:
        raise Denied("nobody is confirmed by somebody who speaks for somebody else")
    if by.bot or by.id == claim.principal:
        raise Denied(f"{claim.id} is confirmed by somebody else, and never by a bot")
    if Permission.CONFIRM_ENROLMENTS not in permissions(by):
        raise Denied(f"`{by.id}` has no role that confirms who somebody is")


def _require_free(tx: Tx, people: People, claim: Claim, now: datetime) -> None:
    """Rule 5, again: much may have happened since it was claimed."""
    known = recognise(tx, people, claim.room, claim.user, now)
    if known is not None:
        raise Denied(f"{claim.user} in `{claim.room}` is `{known[0].id}` already")


def _move(tx: Tx, claim: Claim, to: ClaimState, now: datetime, because: str, actor: str) -> Claim:
    """Take an enrolment one step on, which is an entry."""
    if not claim.open:
        raise InvalidInput(f"{claim.id} is over: it is {claim.state}")
    decided: dict[str, object] = {} if to is ClaimState.CLAIMED else {"decided_at": now, "decided_by": actor}
    after = claim.model_copy(update={"state": to, **decided})
    tx.claims.save(after, before=claim.state)
    body: Json = {"enrolment": claim.id, "room": claim.room, "user": claim.user}
    note(tx, _subject(claim), f"enrolment.{to}", now, body | ({"because": because} if because else {}), actor)
    return after


def _subject(claim: Claim) -> str:
    return f"principal/{claim.principal}"


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
