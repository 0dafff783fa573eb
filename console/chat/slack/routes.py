"""`/chat/slack/…`: 401 for what Slack did not sign, 404 where there is no Slack, and nothing more is said."""

from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from console.chat.slack.callbacks import challenge, command
from console.chat.slack.door import Forged, SlackDoor
from engine.model.base import Json

LONGEST = 256 * 1024
EVERY_METHOD = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Work = Callable[[SlackDoor, bytes, str, str], Awaitable[Json]]
"""What is done with a body from a source under its signature."""


def slack_routes(door: SlackDoor | None) -> APIRouter:
    """The routes of one door; without one they say that there is nothing."""
    router = APIRouter(prefix="/chat/slack", include_in_schema=False)

    @router.post("/interactions")
    async def interactions(request: Request) -> Response:
        """Buttons and forms."""
        return await _answered(door, request, _interaction)

    @router.post("/commands")
    async def commands(request: Request) -> Response:
        """The slash command."""
        return await _answered(door, request, _command)

    @router.post("/events")
    async def events(request: Request) -> Response:
        """Only the question whether it is us: what else happens in the room is no matter of ours."""
        return await _answered(door, request, _event)

    @router.api_route("/{rest:path}", methods=EVERY_METHOD)
    async def anything_else(rest: str) -> Response:
        """A link that somebody, or a preview, follows."""
        return Response(status_code=401 if door else 404)

    return router


async def _interaction(door: SlackDoor, body: bytes, source: str, signature: str) -> Json:
    return await door.interaction(body, source, signature)


async def _command(door: SlackDoor, body: bytes, source: str, signature: str) -> Json:
    return await door.command(command(body), source)


async def _event(door: SlackDoor, body: bytes, source: str, signature: str) -> Json:
    return challenge(body)


async def _answered(door: SlackDoor | None, request: Request, work: Work) -> Response:
    if door is None:
        return Response(status_code=404)
    source = request.client.host if request.client else "unknown"
    stamp, signature = (request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
    try:
        body = await _body(request)
        door.check(stamp, signature, body, source)
        return JSONResponse(await work(door, body, source, signature))
    except Forged:
        return Response(status_code=401)


async def _body(request: Request) -> bytes:
    """The body; one that is too long to be Slack's is not even kept."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise Forged("too long")
    return body
