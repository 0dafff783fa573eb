"""Every error as problem+json (RFC 9457): what is wrong, where in what was sent, and what to do about it.

Rules: 1. What does not fit its model is named by its place and not repeated. 2. A refusal of somebody known is a ledger
entry. 3. What is our fault says so, and nothing else.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from console.api.backend import Caller, backend_of
from console.api.headers import SECURE
from console.api.once import Answered, replay
from console.cli.leaving import Exit, exit_code
from engine.control.moves import note
from engine.errors import (
    Denied,
    FirelineError,
    GuardrailBreach,
    InvalidFile,
    InvalidInput,
    NotFound,
    ServiceAway,
    StaleState,
    StoreUnavailable,
)
from engine.model.base import Json

LOG = logging.getLogger("fireline")
MEDIA_TYPE = "application/problem+json"
STATUS: Mapping[type[FirelineError], int] = {
    NotFound: 404,
    Denied: 403,
    GuardrailBreach: 403,
    InvalidInput: 422,
    StaleState: 409,
    ServiceAway: 503,
}
"""The first class that an error is an instance of gives its status; anything else is our fault."""
EXITS = {400: Exit.BAD_INPUT, 405: Exit.BAD_INPUT, 413: Exit.BAD_INPUT, 415: Exit.BAD_INPUT, 429: Exit.AWAY}
REMEDIES: Mapping[int, str] = {
    400: "mend what was sent: /api/v1/openapi.json says what is taken",
    401: "send `Authorization: Bearer` with a token that is valid here",
    403: "ask somebody who has the permission, or have the reason removed",
    404: "look at the list it should stand in",
    405: "use a method that /api/v1/openapi.json names for this path",
    409: "read again what it is now, and decide anew",
    413: "send less at once",
    415: "send what /api/v1/openapi.json names for this path",
    422: "mend what `problems` names: /api/v1/openapi.json says what is taken",
    429: "wait for as many seconds as Retry-After says",
    500: "tell the engine's operators: it is a mistake of ours",
    503: "try again once /healthz answers 200",
}
MOST = 20
"""Complaints told at once."""


def install(app: FastAPI) -> None:
    """Have this application answer every error so."""
    app.add_exception_handler(Answered, _again)
    app.add_exception_handler(FirelineError, _ours)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _protocol)
    app.add_exception_handler(UnicodeEncodeError, _no_text)
    app.add_exception_handler(Exception, _bug)


def problem(status: int, title: str, code: int, more: Json | None = None) -> JSONResponse:
    """One error's answer; `exit_code` is what the command line leaves with."""
    # What was sent may have been quoted, and need not be text that can be written.
    title = title.encode(errors="replace").decode()
    body: Json = {"title": title, "status": status, "exit_code": code, "remedy": REMEDIES.get(status, "")}
    return JSONResponse(body | (more or {}), status, SECURE, MEDIA_TYPE)


async def answer_to(request: Request, error: FirelineError | HTTPException) -> Response:
    """The answer to what stops a request before it reaches a route."""
    return await (_protocol if isinstance(error, HTTPException) else _ours)(request, error)


async def _again(request: Request, error: Exception) -> Response:
    assert isinstance(error, Answered)
    return replay(error)


async def _ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, FirelineError)
    if isinstance(error, Denied) and not isinstance(error, NotFound):
        await _record_refusal(request, error)
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), None)
    if status is None:
        LOG.error("%s %s is a mistake of ours", request.method, request.url.path, exc_info=error)
        return await _bug(request, error)
    return problem(status, str(error), exit_code(error), _positions(error))


async def _unfit(request: Request, error: Exception) -> JSONResponse:
    """What does not fit its model: the first complaint as the title, every place below."""
    assert isinstance(error, RequestValidationError)
    complaints = error.errors()[:MOST]
    first = complaints[0]
    named = ".".join(str(step) for step in first["loc"][1:])
    said = str(first["msg"]).lower()
    title = f"`{named}`: {said}" if named else said
    return problem(422, title, Exit.BAD_INPUT, {"problems": [_place(one["loc"], one["msg"]) for one in complaints]})


async def _protocol(request: Request, error: Exception) -> JSONResponse:
    """What HTTP itself says: no token, no such path, too much, too often."""
    assert isinstance(error, HTTPException)
    status, headers = error.status_code, error.headers or {}
    answer = problem(status, error.detail.lower(), EXITS.get(status, Exit.REFUSED))
    answer.headers.update(headers)
    return answer


async def _no_text(request: Request, error: Exception) -> JSONResponse:
    """Half a character (a lone surrogate), which JSON can spell and nothing can write."""
    return problem(422, "text has a lone surrogate", Exit.BAD_INPUT)


async def _bug(request: Request, error: Exception) -> JSONResponse:
    """Rule 3; the error itself is in the log."""
    return problem(500, "something that cannot happen did", Exit.REFUSED)


def _place(loc: Sequence[object], said: object) -> Json:
    """Rule 1: body, query, path or header, and a JSON pointer (RFC 6901) into it."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in loc[1:])
    return {"in": str(loc[0]), "pointer": "".join(f"/{step}" for step in steps), "said": str(said).lower()}


def _positions(error: FirelineError) -> Json:
    """Where in which file, as far as the error knows."""
    found = error.problems if isinstance(error, InvalidFile) else (error,)
    placed = [one for one in found if isinstance(one, InvalidInput) and (one.file or one.line)][:MOST]
    told: list[Json] = [
        {"file": one.file, "line": one.line, "column": one.column, "said": one.message} for one in placed
    ]
    return {"problems": [*told]} if told else {}


async def _record_refusal(request: Request, error: Denied) -> None:
    """Rule 2; strangers are counted instead."""
    caller, backend = getattr(request.state, "caller", None), backend_of(request)
    if not isinstance(caller, Caller):
        return
    now, subject = backend.clock(), f"principal/{caller.principal.id}"
    body: Json = {"asked": f"{request.method} {request.url.path}", "because": str(error)}
    # Where nothing can be recorded nothing was done either, and the caller is refused all the same.
    with suppress(StoreUnavailable):
        await backend.store.write(lambda tx: note(tx, subject, "door.refused", now, body, caller.actor))
