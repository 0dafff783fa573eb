"""What every route for a chat product shares: 401 for what is not believed, 404 without the product, and no more."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from console.chat.answering import Forged
from engine.model.base import Json

LONGEST = 256 * 1024
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Door = TypeVar("Door")


async def answered(
    door: Door | None, request: Request, work: Callable[[Door, Request, bytes, str], Awaitable[Json]]
) -> Response:
    """What the door answers to a request, its body, and the address that it comes from."""
    if door is None:
        return Response(status_code=404)
    try:
        return JSONResponse(await work(door, request, await _body(request), _source(request)))
    except Forged:
        return Response(status_code=401)


def nothing_else(router: APIRouter, *, there: bool) -> None:
    """Answer everything else beneath: a link that somebody, or a preview, follows."""

    @router.api_route("/{rest:path}", methods=EVERY_METHOD)
    async def anything_else(rest: str) -> Response:
        return Response(status_code=401 if there else 404)


def _source(request: Request) -> str:
    return request.client.host if request.client else "unknown"


async def _body(request: Request) -> bytes:
    """The body; one that is too long for any product is not even kept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise Forged("too long")
    return body
