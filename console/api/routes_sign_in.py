"""`/auth/…`: where a browser signs in and out. Open to anybody, for whoever comes here is not known yet.

Rules: 1. Looking at a page opens nothing: a ticket is used by the button on it, not by the link to it, which previews
follow too. 2. Whoever is refused here is a stranger, and counted as one.
"""

from html import escape
from secrets import token_urlsafe
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from starlette.responses import Response

from console.api.backend import Backend, backend_of, source_of
from console.api.cookies import carried, hand_over, place_of, require_meant, require_our_page, take_back
from console.api.known import refuse
from engine.control.sessions import Arrival, end_session, find_session, open_session, use_ticket
from engine.model.principal import Principal
from engine.model.session import Way
from engine.store.tx import Tx

router = APIRouter(prefix="/auth", include_in_schema=False)
Engine = Annotated[Backend, Depends(backend_of)]
SIGNED_IN = "/api/v1/sessions/current"
LONGEST_FORM = 1024
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Fireline: sign in</title>
<form method="post" action="/auth/ticket">
<label>Ticket <input name="ticket" value="{ticket}" size="50" autocomplete="off"></label>
<button>Sign in</button>
</form></html>
"""
ON_PAGE = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    # Without a referrer a browser says of a form's origin that it is `null`.
    "Referrer-Policy": "same-origin",
}


@router.get("/ticket")
async def get_ticket(ticket: str = "") -> HTMLResponse:
    """The page with the button (rule 1)."""
    return HTMLResponse(PAGE.format(ticket=escape(ticket[:LONGEST_FORM])), headers=ON_PAGE)


@router.post("/ticket")
async def post_ticket(request: Request, engine: Engine) -> Response:
    """Use a ticket up, and open the session it stands for."""
    require_our_page(request)
    presented, now = await _field(request, "ticket"), engine.clock()
    ticket = await engine.store.write(lambda tx: use_ticket(tx, presented, now))
    person = None if ticket is None else engine.desk().people.get(ticket.principal)
    if person is None:
        refuse(engine, f"{source_of(request)} with a ticket")
    return await signed_in(request, engine, person, Way.TICKET)


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


async def signed_in(request: Request, engine: Backend, person: Principal, way: Way) -> Response:
    """A new session for this person, in the place of the one that the browser came with."""
    arrival = Arrival(person, way, source_of(request), token_urlsafe(32), carried(request))

    def work(tx: Tx) -> None:
        open_session(tx, arrival, engine.clock())

    await engine.store.write(work)
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
