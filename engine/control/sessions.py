"""Sessions: opened by a sign-in, known by a digest, over by themselves; and the links that sign in without more.

Rules: 1. What a browser carries is 256 random bits, of which a SHA-256 is kept. 2. Signing in always makes a new
session and ends the one that the browser came with: nobody can be handed one beforehand. 3. It is over after half an
hour without use, after twelve hours, when it is ended, and when its person is gone or no longer who they were at
sign-in; what was over once stays over. 4. Bots have none, and nobody opens one by means of somebody else's name.
5. A link opens one session within ten minutes. 6. Opening and ending are entries, and so is a link by its digest.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.control.moves import note
from engine.digest import sha256, short
from engine.errors import Denied, NotFound
from engine.model.base import Json
from engine.model.principal import Principal, Role
from engine.model.session import IDLE, LINK_LASTS, LONGEST, Session, SignInLink, Way
from engine.ports import People
from engine.store.tx import Tx

MOST = 20
"""Sessions of one person at the same time; one more ends the oldest."""
KEPT = timedelta(days=30)
USED_EVERY = timedelta(minutes=1)
AUDITING = {Role.ADMIN, Role.AUDITOR}


@dataclass(frozen=True)
class Arrival:
    """Somebody who has just shown who they are: how, from where, and the secrets they come with and go on with."""

    principal: Principal
    way: Way
    source: str
    secret: str
    came_with: str | None = None


def open_session(tx: Tx, arrival: Arrival, now: datetime) -> Session:
    """A new session for somebody who has just shown who they are (rule 2)."""
    principal = arrival.principal
    if principal.bot or principal.typed_by is not None:
        raise Denied(f"`{principal.id}` is nobody who signs in: bots use tokens, and people come as themselves")
    tx.sessions.forget(now - KEPT)
    before = None if arrival.came_with is None else find_session(tx, arrival.came_with)
    if before is not None:
        end_session(tx, before, "signed in anew", principal.signature, now)
    for oldest in _live(tx, principal, now)[: 1 - MOST]:
        end_session(tx, oldest, "too many at once", principal.signature, now)
    session = Session(
        id=tx.counters.next("SE"),
        principal=principal.id,
        sha256=digest_of(arrival.secret),
        person=person_digest(principal),
        way=arrival.way,
        source=arrival.source,
        opened_at=now,
        used_at=now,
    )
    tx.sessions.insert(session)
    told: Json = {"principal": principal.id, "way": arrival.way, "source": arrival.source}
    note(tx, f"session/{session.id}", "session.opened", now, told, principal.signature)
    return session


def end_session(tx: Tx, session: Session, why: str, actor: str, now: datetime) -> Session:
    """End it for good; one that is over stays as it ended."""
    if session.ended_at is not None:
        return session
    ended = session.model_copy(update={"ended_at": now, "why": why})
    tx.sessions.save(ended)
    told: Json = {"principal": session.principal, "why": why}
    note(tx, f"session/{session.id}", "session.ended", now, told, actor)
    return ended


def revoke_session(tx: Tx, principal: Principal, session_id: str, now: datetime) -> Session:
    """End one's own, or, as an administrator, anybody's."""
    session = tx.sessions.get(session_id)
    if session is None or not (session.principal == principal.id or Role.ADMIN in principal.roles):
        raise NotFound(f"there is no session `{session_id}` of yours")
    if session.ended_at is not None:
        raise Denied(f"{session.id} is over already: {session.why}")
    return end_session(tx, session, "revoked", principal.signature, now)


def end_all(tx: Tx, why: str, actor: str, now: datetime) -> None:
    """End every session there is, and every link that would open one."""
    tx.sign_in_links.clear()
    for session in tx.sessions.all():
        end_session(tx, session, why, actor, now)


def sessions_for(tx: Tx, principal: Principal) -> Sequence[Session]:
    """One's own; everybody's for administrators and auditors."""
    return tx.sessions.all() if AUDITING & set(principal.roles) else tx.sessions.of(principal.id)


def find_session(tx: Tx, presented: str) -> Session | None:
    """The session of what was presented, over or not; None where it is none of ours."""
    return tx.sessions.by_digest(digest_of(presented))


def why_over(session: Session, people: People, now: datetime) -> str | None:
    """Why a session lets nobody in any more, None while it does (rule 3)."""
    person = people.get(session.principal)
    if session.why is not None:
        return session.why
    if now >= session.opened_at + LONGEST:
        return "expired"
    if now >= session.used_at + IDLE:
        return "idle"
    if person is None or person.bot:
        return "nobody has it any more"
    return None if person_digest(person) == session.person else "its person's entry changed"


def is_used_anew(session: Session, now: datetime) -> bool:
    """Whether its last use is old enough for this one to be written down."""
    return now - session.used_at >= USED_EVERY


def note_use(tx: Tx, session_id: str, now: datetime) -> None:
    """Write down that it was used now."""
    session = tx.sessions.get(session_id)
    if session is not None and session.ended_at is None and is_used_anew(session, now):
        tx.sessions.save(session.model_copy(update={"used_at": now}))


def make_link(tx: Tx, principal: Principal, secret: str, now: datetime) -> SignInLink:
    """Leave to sign in once as `principal` with this secret (rule 5)."""
    if principal.bot or principal.typed_by is not None:
        raise Denied(f"`{principal.signature}` is nobody who signs in: bots use tokens, and people come as themselves")
    tx.sign_in_links.forget(now - LINK_LASTS)
    link = SignInLink(sha256=digest_of(secret), principal=principal.id, made_at=now, person=person_digest(principal))
    tx.sign_in_links.insert(link)
    told: Json = {"digest": short(link.sha256)}
    note(tx, f"principal/{principal.id}", "session.link_made", now, told, principal.signature)
    return link


def find_link(tx: Tx, presented: str) -> SignInLink | None:
    """The link with this secret, which stays as it is; None where there is none, or it was used."""
    return tx.sign_in_links.get(digest_of(presented))


def use_link(tx: Tx, presented: str) -> SignInLink | None:
    """The link with this secret, which is used up by that; None where there is none, or it was used."""
    return tx.sign_in_links.take(digest_of(presented))


def person_behind(link: SignInLink | None, people: People, now: datetime) -> Principal | None:
    """Who signs in by it; None where there is no link, it came too late, or its person is not who they were."""
    if link is None or now >= link.made_at + LINK_LASTS:
        return None
    person = people.get(link.principal)
    return person if person is not None and link.person == person_digest(person) else None


def link_path(secret: str) -> str:
    """Where a browser uses a link."""
    return f"/auth/link?secret={secret}"


def digest_of(secret: str) -> str:
    """What is kept of a secret (rule 1)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def person_digest(principal: Principal) -> str:
    """Who somebody is, but for their users in chat rooms, which say nothing about this door."""
    return sha256(principal.model_dump(mode="json", exclude={"chat", "typed_by"}))


def _live(tx: Tx, principal: Principal, now: datetime) -> list[Session]:
    """Those of a person that may still let somebody in, oldest first."""
    return [
        one
        for one in tx.sessions.of(principal.id)
        if one.ended_at is None and now < min(one.opened_at + LONGEST, one.used_at + IDLE)
    ]
