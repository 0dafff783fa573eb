"""What the API says of itself, and what changes while it is listened to."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.api.examples import describe
from engine.control import sessions
from engine.control.api_tokens import why_over
from engine.ledger.entries import parse
from engine.model.base import Json
from engine.model.entry import Entry
from engine.model.permission import Permission, permissions
from engine.model.principal import Principal
from engine.store.store import Store

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]
LOOK_EVERY_S = 0.5
AT_ONCE = 200
QUIET = 30
"""Looks without a change after which a line says that somebody is still there."""
STREAMS = 5
"""Of one principal at the same time."""


@router.get("/openapi.json")
async def get_openapi(request: Request, _: Who) -> Json:
    """This API as OpenAPI, with an example of every body."""
    return describe(request.app)


@router.get("/events", response_class=StreamingResponse)
async def get_events(
    engine: Engine,
    who: Who,
    after: Annotated[int | None, Query(ge=-1, le=2**62)] = None,
    last_event_id: Annotated[int | None, Header(ge=-1, le=2**62)] = None,
) -> StreamingResponse:
    """What is recorded from now on, or after an entry, as server-sent events; each has its entry's number as id."""
    given = last_event_id if after is None else after
    start = await engine.read(lambda tx: tx.read_until.newest()) if given is None else given
    # Nothing is waited for between here and the answer: of many that come at once each is counted.
    if engine.streams[who.principal.id] >= STREAMS:
        raise HTTPException(429, f"{STREAMS} streams are open already", {"Retry-After": "60"})
    engine.streams[who.principal.id] += 1
    return Stream(engine, who, start)


class Stream(StreamingResponse):
    """The changes as an answer; its place is free again however it ends, begun or not."""

    def __init__(self, engine: Backend, who: Caller, after: int) -> None:
        """It is counted already."""
        super().__init__(changes(engine, who, after), media_type="text/event-stream")
        self._streams, self._whose = engine.streams, who.principal.id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send every change until nobody listens any more or may."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams[self._whose] -= 1


async def changes(engine: Backend, who: Caller, after: int) -> AsyncIterator[str]:
    """Every entry after this one as an event, for as long as the caller may read."""
    quiet = 0
    while await _may_still_read(engine, who):
        entries = await asyncio.to_thread(_next, engine.store, after)
        for entry in entries:
            after = entry.seq
            yield _event(entry)
        quiet = 0 if entries else quiet + 1
        if quiet % QUIET == 1:
            yield ": still here\n\n"
        if not entries:
            await asyncio.sleep(LOOK_EVERY_S)


async def _may_still_read(engine: Backend, who: Caller) -> bool:
    """A stream ends with the token or session that opened it, and with the role that let it be opened."""
    principal, token, session = engine.desk().people.get(who.principal.id), who.token, who.session
    if principal is None or Permission.READ not in permissions(principal):
        return False
    if session is not None:
        return await _is_signed_in(engine, session.id)
    if token is None:
        return _has_still(engine, who.by or who.principal)
    now = await engine.read(lambda tx: tx.api_tokens.get(token.id))
    return now is not None and why_over(now, engine.clock()) is None


async def _is_signed_in(engine: Backend, session_id: str) -> bool:
    """Whether that session is not over; to listen is no use of it."""
    now = await engine.read(lambda tx: tx.sessions.get(session_id))
    return now is not None and sessions.why_over(now, engine.desk().people, engine.clock()) is None


def _has_still(engine: Backend, opener: Principal) -> bool:
    """Whether whoever opened it has that token of the people's file still."""
    now = engine.desk().people.get(opener.id)
    return now is not None and now.token_sha256 == opener.token_sha256


def _next(store: Store, after: int) -> list[Entry]:
    with store.ledger() as rows:
        found = (parse(data) for _, data, _ in rows.entries(after))
        return [entry for entry, _ in zip(found, range(AT_ONCE), strict=False)]


def _event(entry: Entry) -> str:
    """What changed and when; who did it and why stands in the ledger, for whom may read that."""
    told = json.dumps({"subject": entry.subject, "kind": entry.kind, "at": entry.at.isoformat()})
    return f"id: {entry.seq}\nevent: {entry.kind}\ndata: {told}\n\n"
