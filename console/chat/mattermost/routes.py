"""`/chat/mattermost/…`: 401 for what nobody there did, 404 where there is no Mattermost, and nothing more is said."""

from fastapi import APIRouter, Request, Response

from console.chat.entrance import answered, nothing_else
from console.chat.mattermost.callbacks import command
from console.chat.mattermost.door import MattermostDoor
from engine.model.base import Json


def mattermost_routes(door: MattermostDoor | None) -> APIRouter:
    """The routes of one door; without one they say that there is nothing."""
    router = APIRouter(prefix="/chat/mattermost", include_in_schema=False)

    @router.post("/actions")
    async def actions(request: Request) -> Response:
        """Buttons and forms."""
        return await answered(door, request, _action)

    @router.post("/commands")
    async def commands(request: Request) -> Response:
        """The slash command."""
        return await answered(door, request, _command)

    nothing_else(router, there=door is not None)
    return router


async def _action(door: MattermostDoor, request: Request, body: bytes, source: str) -> Json:
    return await door.action(body, source)


async def _command(door: MattermostDoor, request: Request, body: bytes, source: str) -> Json:
    return await door.command(command(body), source)
