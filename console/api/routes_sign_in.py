"""`/auth/…`: where a browser signs in and out. Open to anybody, for whoever comes here is not known yet.

Rules: 1. Looking at a page opens nothing: a link is used by the button on its page, not by following it, as previews do
too. The page says by their name who signs in there, so that nobody does as somebody else unawares, and says no more of
them; a link that is over names nobody. 2. Whoever is refused here is a stranger, and counted as one. 3. An answer of
the identity provider counts in the browser that asked for it, once, and leads nowhere but to one fixed page of ours.
"""

import hmac
import logging
from dataclasses import dataclass
from datetime import datetime
from html import escape
from secrets import token_urlsafe
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.responses import Response

from console.api.backend import Backend, backend_of, source_of
from console.api.cookies import carried, hand_over, keep, place_of, require_meant, require_our_page, take_back
from console.api.id_token import NotBelieved
from console.api.known import refuse, require_pace
from console.api.oidc import Provider, Returned, nonce_of, state_of
from engine.card_text import shown
from engine.control.sessions import (
    Arrival,
    digest_of,
    end_session,
    find_link,
    find_session,
    open_session,
    person_behind,
    use_link,
)
from engine.model.kept_answer import TakenKey
from engine.model.principal import Principal
from engine.model.session import Way
from engine.store.tx import Tx

LOG = logging.getLogger("fireline")
router = APIRouter(prefix="/auth", include_in_schema=False)
Engine = Annotated[Backend, Depends(backend_of)]
SIGNED_IN = "/api/v1/sessions/current"
CALLBACK = "/auth/callback"
BEGIN_ANEW = "this sign-in is not taken: begin anew at /auth/login"
BEGUN_FOR_S = 600
"""So long somebody may take at the identity provider."""
LONGEST_FORM = 1024
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fireline: sign in</title>
<main>{said}</main></html>
"""
ASKED = """
<h1>Sign in as {name}?</h1>
<p>This link is for {name}, and signs one browser in. If that is not you, close this page: what you do would be recorded
as done by {name}.</p>
<form method="post" action="/auth/link">
<input type="hidden" name="secret" value="{secret}">
<button>Sign in as {name}</button>
</form>
"""
OVER = """
<h1>This link signs nobody in</h1>
<p>It was used, or is older than ten minutes. <code>fireline sessions open</code> gives another.</p>
"""
ON_PAGE = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    # Without a referrer a browser says of a form's origin that it is `null`.
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class Came:
    """With what a browser comes back from the identity provider; where that refused, without a code."""

    state: Annotated[str, Query(max_length=200)] = ""
    code: Annotated[str, Query(max_length=4096)] = ""
    iss: Annotated[str | None, Query(max_length=2048)] = None


@router.get("/link")
async def get_link(request: Request, engine: Engine, secret: str = "") -> HTMLResponse:
    """The page with the button, and whose link it is (rule 1)."""
    link = await engine.read(lambda tx: find_link(tx, secret))
    person = person_behind(link, engine.desk().people, engine.clock())
    if person is None:
        require_pace(engine.strangers_pace.wait(_with_link(request), engine.clock()))
        return HTMLResponse(PAGE.format(said=OVER), 404, ON_PAGE)
    said = ASKED.format(name=escape(shown(person.name) or person.id), secret=escape(secret))
    return HTMLResponse(PAGE.format(said=said), headers=ON_PAGE)


@router.post("/link")
async def post_link(request: Request, engine: Engine) -> Response:
    """Use a link up, and open the session it stands for."""
    require_our_page(request)
    presented = await _field(request, "secret")
    link = await engine.store.write(lambda tx: use_link(tx, presented))
    person = person_behind(link, engine.desk().people, engine.clock())
    if person is None:
        refuse(engine, _with_link(request))
    return await signed_in(request, engine, person, Way.LINK)


@router.get("/login")
async def get_login(request: Request, engine: Engine) -> Response:
    """Send the browser to the identity provider, with a secret that it keeps here."""
    provider, secret = _provider(engine), token_urlsafe(32)
    _require_pace_of_sign_ins(engine, source_of(request))
    answer = RedirectResponse(await provider.address(secret, _callback(request)), 303)
    keep(request, answer, place_of(request).begun, secret, BEGUN_FOR_S)
    return answer


@router.get("/callback")
async def get_callback(request: Request, engine: Engine, came: Annotated[Came, Depends()]) -> Response:
    """Take the identity provider's answer, once, in the browser that asked (rule 3)."""
    provider, secret, source = _provider(engine), request.cookies.get(place_of(request).begun), source_of(request)
    if secret is None or not hmac.compare_digest(came.state.encode(), state_of(secret).encode()):
        refuse(engine, f"{source} with an answer that nobody asked for here", BEGIN_ANEW)
    _require_pace_of_sign_ins(engine, source)
    try:
        subject = await provider.subject(Returned(came.code, secret, _callback(request), came.iss))
    except NotBelieved as error:
        LOG.warning("a sign-in was not believed: %s", error)
        refuse(engine, f"{source} with a sign-in that is not believed", BEGIN_ANEW)
    person = next((one for one in engine.desk().people.all() if one.oidc and one.oidc == subject), None)
    if person is None:
        refuse(engine, f"{source} signed in as nobody known here", BEGIN_ANEW)
    answer = await signed_in(request, engine, person, Way.OIDC, once=nonce_of(secret))
    take_back(request, answer, place_of(request).begun)
    return answer


@router.post("/logout")
async def post_logout(request: Request, engine: Engine) -> Response:
    """End the session that the browser came with."""
    secret = carried(request)
    session = None if secret is None else await engine.read(lambda tx: find_session(tx, secret))
    if session is None or secret is None:
        refuse(engine, source_of(request))
    require_meant(request, secret)
    now = engine.clock()
    await engine.store.write(lambda tx: end_session(tx, session, "signed out", session.principal, now))
    answer = JSONResponse({"signed_in": False})
    take_back(request, answer, place_of(request).cookie)
    return answer


async def signed_in(
    request: Request, engine: Backend, person: Principal, way: Way, once: str | None = None
) -> Response:
    """A new session for this person, in the place of the one that the browser came with."""
    arrival, now = Arrival(person, way, source_of(request), token_urlsafe(32), carried(request)), engine.clock()

    def work(tx: Tx) -> bool:
        if once is not None and not _takes(tx, once, now):
            return False
        open_session(tx, arrival, now)
        return True

    if not await engine.store.write(work):
        refuse(engine, f"{source_of(request)} with a sign-in that was used before", BEGIN_ANEW)
    answer = RedirectResponse(SIGNED_IN, 303)
    hand_over(request, answer, arrival.secret)
    return answer


async def _field(request: Request, name: str) -> str:
    """One field of a form; of a body that is longer than any form of ours, nothing."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return ""
    return parse_qs(body.decode(errors="replace")).get(name, [""])[0]


def _with_link(request: Request) -> str:
    """As what they are counted who come with a link that signs nobody in."""
    return f"{source_of(request)} with a link"


def _takes(tx: Tx, nonce: str, now: datetime) -> bool:
    """Whether this sign-in is used for the first time; it is remembered for longer than any answer to it is good."""
    taken = TakenKey(name=f"sign-in/{digest_of(nonce)}", digest="", at=now)
    return tx.steps.once(taken.name, TakenKey, now, lambda: taken) is taken


def _provider(engine: Backend) -> Provider:
    if engine.provider is None:
        raise HTTPException(404, "no identity provider is set here")
    return engine.provider


def _callback(request: Request) -> str:
    """Where the identity provider sends browsers back to."""
    return f"{place_of(request).address}{CALLBACK}"


def _require_pace_of_sign_ins(engine: Backend, source: str) -> None:
    """Nobody has us ask the identity provider more often than so; behind a proxy everybody is one source.

    Apart from other refusals, for who knocks without a token must not keep people from signing in.
    """
    require_pace(engine.sign_in_pace.wait(source, engine.clock()))
