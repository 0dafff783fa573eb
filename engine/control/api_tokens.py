"""API tokens: made by whom they speak for, narrowed, ending, revocable; and who speaks with one.

Rules: 1. A token is 256 random bits beside its id. Only its SHA-256 is kept: what cannot be guessed needs no slow hash,
and one would let strangers keep us busy. 2. It is found by its id and its secret compared in constant time. 3. It opens
no more than its owner's roles allow at that moment, and never more than what made it: neither doors nor time. 4. People
make their own, an administrator those of bots; nobody while speaking for somebody else. 5. It ends, after a year at the
latest, and at once where it is revoked. 6. Making and revoking are entries, never the token.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.control.moves import note
from engine.errors import Denied, InvalidInput, NotFound
from engine.model.api_token import ApiToken
from engine.model.base import Json
from engine.model.permission import Permission, permissions
from engine.model.principal import Principal, Role
from engine.store.tx import Tx

PREFIX = "flt"
FORM = re.compile(rf"{PREFIX}_(AT-\d{{4,12}})_([A-Za-z0-9_-]{{43}})")
LONGEST = timedelta(days=366)
USED_EVERY = timedelta(minutes=1)
AUDITING = {Role.ADMIN, Role.AUDITOR}


@dataclass(frozen=True)
class TokenWanted:
    """What somebody asks for; `secret` is 256 random bits as text, `within` the token that is spoken with."""

    owner: Principal
    label: str
    scopes: tuple[Permission, ...]
    lasts: timedelta
    secret: str
    within: ApiToken | None = None


def create_token(tx: Tx, principal: Principal, wanted: TokenWanted, now: datetime) -> tuple[ApiToken, str]:
    """A new token as it is kept, and as its owner is to carry it; it is never shown again."""
    _require_maker(principal, wanted)
    _require_bounds(wanted, now)
    token = ApiToken(
        id=tx.counters.next("AT"),
        principal=wanted.owner.id,
        label=wanted.label,
        scopes=tuple(sorted(set(wanted.scopes))),
        sha256=_digest(wanted.secret),
        created_at=now,
        created_by=principal.id,
        expires_at=now + wanted.lasts,
    )
    tx.api_tokens.insert(token)
    told: Json = token.model_dump(mode="json", include={"principal", "label", "scopes", "expires_at"})
    note(tx, f"token/{token.id}", "token.created", now, told, principal.signature)
    return token, f"{PREFIX}_{token.id}_{wanted.secret}"


def revoke_token(tx: Tx, principal: Principal, token_id: str, now: datetime) -> ApiToken:
    """End a token now: one's own, or, as an administrator, anybody's."""
    token = tx.api_tokens.get(token_id)
    if token is None or not (token.principal == principal.id or Role.ADMIN in principal.roles):
        raise NotFound(f"there is no token `{token_id}` of yours")
    if token.revoked_at is not None:
        raise Denied(f"{token.id} is revoked already, by `{token.revoked_by}`")
    revoked = token.model_copy(update={"revoked_at": now, "revoked_by": principal.id})
    _end(tx, revoked, principal.signature, now)
    return revoked


def revoke_all(tx: Tx, by: str, now: datetime) -> None:
    """End every token that may still open something, in the name of something that is nobody."""
    for token in tx.api_tokens.all():
        if why_over(token, now) is None:
            _end(tx, token.model_copy(update={"revoked_at": now, "revoked_by": by}), by, now)


def _end(tx: Tx, revoked: ApiToken, actor: str, now: datetime) -> None:
    tx.api_tokens.save(revoked)
    note(tx, f"token/{revoked.id}", "token.revoked", now, {"principal": revoked.principal}, actor)


def tokens_for(tx: Tx, principal: Principal) -> Sequence[ApiToken]:
    """One's own tokens; everybody's for administrators and auditors."""
    return tx.api_tokens.all() if AUDITING & set(principal.roles) else tx.api_tokens.of(principal.id)


def find_token(tx: Tx, presented: str) -> ApiToken | None:
    """The token that was presented, over or not; None where it is none of ours."""
    form = FORM.fullmatch(presented)
    token = None if form is None else tx.api_tokens.get(form[1])
    if form is None or token is None or not hmac.compare_digest(token.sha256, _digest(form[2])):
        return None
    return token


def why_over(token: ApiToken, now: datetime) -> str | None:
    """Why a token opens nothing any more, None while it does."""
    if token.revoked_at is not None:
        return "revoked"
    return "expired" if now >= token.expires_at else None


def is_used_anew(token: ApiToken, now: datetime) -> bool:
    """Whether its last use is old enough for this one to be written down."""
    return token.last_used_at is None or now - token.last_used_at >= USED_EVERY


def note_use(tx: Tx, token_id: str, now: datetime) -> None:
    """Write down that it was used now."""
    token = tx.api_tokens.get(token_id)
    if token is not None and is_used_anew(token, now):
        tx.api_tokens.save(token.model_copy(update={"last_used_at": now}))


def _require_maker(principal: Principal, wanted: TokenWanted) -> None:
    """Rule 4."""
    if principal.typed_by is not None:
        raise Denied("a token is not made while speaking for somebody else: it would outlast that")
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot: an administrator makes its tokens")
    if wanted.owner.id != principal.id and not (wanted.owner.bot and Role.ADMIN in principal.roles):
        raise Denied("people make their own tokens, and administrators those of bots")


def _require_bounds(wanted: TokenWanted, now: datetime) -> None:
    """Rules 3 and 5."""
    if not timedelta(0) < wanted.lasts <= LONGEST:
        raise InvalidInput(f"a token lasts longer than nothing, and {LONGEST.days} days at most")
    beyond = sorted(set(wanted.scopes) - permissions(wanted.owner))
    if beyond:
        raise Denied(f"the roles of `{wanted.owner.id}` do not allow `{beyond[0]}`")
    if wanted.within is None:
        return
    wider = sorted(set(wanted.scopes) - set(wanted.within.scopes))
    if wider:
        raise Denied(f"the token you speak with does not open `{wider[0]}`, so no token made with it can")
    if now + wanted.lasts > wanted.within.expires_at:
        raise Denied(f"the token you speak with ends before that: {wanted.within.expires_at.isoformat()}")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
