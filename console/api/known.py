"""Who asks is known before anything they send is read: a stranger's body costs nothing but its refusal.

Rules: 1. Nobody unknown is told anything but that a token is needed. 2. At the sensors' port the connection's
certificate alone counts; elsewhere a token where one is sent, else the session of the cookie, and by a session nothing
is changed that one of our own pages did not ask for.
3. Nobody comes more often than their pace; who is known is never held up by strangers, though they share an address.
"""

from contextlib import suppress
from datetime import timedelta
from math import ceil
from typing import NoReturn

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from console.api.backend import BEARER, Backend, Caller, backend_of, source_of
from console.api.certified import SCOPES, Certificate, shown, whose
from console.api.cookies import carried, require_meant
from console.api.problems import answer_to
from console.pace import NOTHING
from engine.control import api_tokens, sessions
from engine.errors import FirelineError, StoreUnavailable
from engine.model.api_token import ApiToken
from engine.model.session import Session


class OnlyKnown:
    """Lets only callers who are known here through to the paths that begin so."""

    def __init__(self, app: ASGIApp, under: str) -> None:
        """Stand before `app`."""
        self._app, self._under = app, under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, or answer it without having read more than its head."""
        if scope["type"] == "http" and scope["path"].startswith(self._under):
            request = Request(scope)
            try:
                await identify(request)
            except (HTTPException, FirelineError) as error:
                await (await answer_to(request, error))(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def identify(request: Request) -> Caller:
    """Whose request this is, by its head alone; 401 for anybody unknown, 429 for whoever comes too often."""
    backend, secret, certificate = backend_of(request), _session_secret(request), shown(request.scope)
    if certificate is not None:
        caller = _by_certificate(backend, certificate, source_of(request))
    elif secret is not None:
        caller = await _by_session(backend, secret, source_of(request))
    else:
        caller = await _by_token(backend, request)
    require_pace(backend.pace.wait(caller.principal.id, backend.clock()))
    # A refusal from here on is recorded under this name.
    request.state.caller = caller
    if caller.session is not None and secret is not None:
        require_meant(request, secret)
    return caller


def refuse(backend: Backend, source: str, said: str = "a valid token is needed") -> NoReturn:
    """Count a stranger, or what they came with, and say no more than what is needed here."""
    backend.strangers.refuse(source, backend.clock())
    require_pace(backend.strangers_pace.wait(source, backend.clock()))
    raise HTTPException(401, said, {"WWW-Authenticate": "Bearer"})


def _session_secret(request: Request) -> str | None:
    """Rule 2."""
    return None if "authorization" in request.headers else carried(request)


def _by_certificate(backend: Backend, certificate: Certificate, source: str) -> Caller:
    """Whose certificate the connection has shown."""
    over = certificate.why_not(backend.clock())
    person = None if over else whose(certificate, backend.desk().people.all())
    if person is None:
        refuse(backend, f"{source} with {certificate.fingerprint[:23]} ({over or 'nobody here has it'})")
    return Caller(person, scopes=SCOPES)


async def _by_token(backend: Backend, request: Request) -> Caller:
    """Whose token this is: one that the people's file names, or one of the API's own."""
    people, credentials, source = backend.desk().people, await BEARER(request), source_of(request)
    presented = "" if credentials is None else credentials.credentials
    principal = people.by_token(presented)
    if principal is not None:
        return Caller(principal)
    token = await backend.read(lambda tx: api_tokens.find_token(tx, presented))
    over = None if token is None else api_tokens.why_over(token, backend.clock())
    owner = None if token is None or over else people.get(token.principal)
    if token is None or owner is None:
        refuse(backend, source if token is None else f"{source} with {token.id} ({over or 'nobody has it any more'})")
    await _note_token(backend, token)
    return Caller(owner, token=token)


async def _by_session(backend: Backend, secret: str, source: str) -> Caller:
    """Whose session this is, as long as it is not over."""
    people, now = backend.desk().people, backend.clock()
    session = await backend.read(lambda tx: sessions.find_session(tx, secret))
    if session is None:
        refuse(backend, source)
    over, person = sessions.why_over(session, people, now), people.get(session.principal)
    if over is not None or person is None:
        await _end(backend, session, over or "gone")
        refuse(backend, f"{source} with {session.id} ({over})")
    if sessions.is_used_anew(session, now):
        with suppress(StoreUnavailable):
            await backend.store.write(lambda tx: sessions.note_use(tx, session.id, now))
    return Caller(person, session=session)


async def _end(backend: Backend, session: Session, why: str) -> None:
    """What was over once stays over, whatever the people's file says next."""
    if session.ended_at is None:
        with suppress(StoreUnavailable):
            await backend.store.write(lambda tx: sessions.end_session(tx, session, why, "engine", backend.clock()))


async def _note_token(backend: Backend, token: ApiToken) -> None:
    """Once a minute; where nothing can be written, reading goes on."""
    now = backend.clock()
    if api_tokens.is_used_anew(token, now):
        with suppress(StoreUnavailable):
            await backend.write(lambda tx: api_tokens.note_use(tx, token.id, now))


def require_pace(wait: timedelta) -> None:
    """Raise 429 where somebody has to wait (rule 3)."""
    if wait > NOTHING:
        raise HTTPException(429, "too many requests", {"Retry-After": str(ceil(wait.total_seconds()))})
