"""`/chat/slack/…`: 401 for what Slack did not sign, 404 where there is no Slack, and nothing more is said."""

from fastapi import APIRouter, Request, Response

from console.chat.entrance import answered, nothing_else
from console.chat.slack.callbacks import challenge, command
from console.chat.slack.door import SlackDoor
from engine.model.base import Json


def slack_routes(door: SlackDoor | None) -> APIRouter:
    """The routes of one door; without one they say that there is nothing."""
    router = APIRouter(prefix="/chat/slack", include_in_schema=False)

    @router.post("/interactions")
    async def interactions(request: Request) -> Response:
        """Buttons and forms."""
        return await answered(door, request, _interaction)

    @router.post("/commands")
    async def commands(request: Request) -> Response:
        """The slash command."""
        return await answered(door, request, _command)

    @router.post("/events")
    async def events(request: Request) -> Response:
        """Only the question whether it is us: what else happens in the room is no matter of ours."""
        return await answered(door, request, _event)

    nothing_else(router, there=door is not None)
    return router


async def _interaction(door: SlackDoor, request: Request, body: bytes, source: str) -> Json:
    return await door.interaction(body, source, await _checked(door, request, body, source))


async def _command(door: SlackDoor, request: Request, body: bytes, source: str) -> Json:
    signature = await _checked(door, request, body, source)
    return await door.command(command(body), source, signature)


async def _event(door: SlackDoor, request: Request, body: bytes, source: str) -> Json:
    await _checked(door, request, body, source)
    return challenge(body)


async def _checked(door: SlackDoor, request: Request, body: bytes, source: str) -> str:
    """The signature, once it was found to be good."""
    stamp, signature = (request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
    await door.check(stamp, signature, body, source)
    return signature
