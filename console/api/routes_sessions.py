"""Routes over sessions: who one is, where one is signed in, ending that, and a link for a browser."""

from secrets import token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.cookies import carried, csrf_token, place_of
from engine.control.sessions import link_path, make_link, revoke_session, sessions_for, why_over
from engine.errors import Denied
from engine.model.base import Json
from engine.model.session import IDLE, LINK_LASTS, LONGEST, Session

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


@router.get("/sessions")
async def get_sessions(engine: Engine, who: Who) -> Json:
    """One's own sessions, or everybody's for administrators and auditors."""
    return await engine.read(lambda tx: {"sessions": [_view(one, engine) for one in sessions_for(tx, who.principal)]})


@router.get("/sessions/current")
async def get_current(request: Request, engine: Engine, who: Who) -> Json:
    """Who is asking and what they may do; by a session, also what our own pages send along with each change."""
    secret = None if who.session is None else carried(request)
    return {
        "principal": who.principal.id,
        "name": who.principal.name,
        "permissions": [*sorted(who.permissions)],
        "session": None if who.session is None else _view(who.session, engine),
        "csrf": None if secret is None else csrf_token(secret),
    }


@router.post("/sessions/{session_id}/revocation")
async def post_revocation(session_id: str, engine: Engine, who: Who) -> Json:
    """End a session now."""
    now = engine.clock()
    return _view(await engine.write(lambda tx: revoke_session(tx, who.principal, session_id, now)), engine)


@router.post("/sign-in-links")
async def post_link(request: Request, engine: Engine, who: Who) -> Json:
    """Leave to sign in with a browser once, as oneself; this answer is the only place where it ever stands."""
    if who.token is not None or who.session is not None:
        raise Denied("a link to sign in takes one's own token of the people's file: it would outlast any other")
    secret, now = token_urlsafe(32), engine.clock()
    await engine.write(lambda tx: make_link(tx, who.principal, secret, now))
    url = f"{place_of(request).address}{link_path(secret)}"
    return {"secret": secret, "url": url, "until": (now + LINK_LASTS).isoformat()}


def _view(session: Session, engine: Backend) -> Json:
    over = why_over(session, engine.desk().people, engine.clock())
    told: Json = session.model_dump(mode="json", include={"id", "principal", "way", "source", "opened_at", "used_at"})
    until = min(session.used_at + IDLE, session.opened_at + LONGEST)
    return told | {"state": over or "open", "until": until.isoformat()}
