"""`/chat/teams/…`: 401 for what Microsoft did not sign, 404 where there is no Teams, and nothing more is said."""

from fastapi import APIRouter, Request, Response

from console.chat.entrance import answered, nothing_else
from console.chat.teams.door import TeamsDoor
from engine.model.base import Json


def teams_routes(door: TeamsDoor | None) -> APIRouter:
    """The route of one door; without one it says that there is nothing."""
    router = APIRouter(prefix="/chat/teams", include_in_schema=False)

    @router.post("/messages")
    async def messages(request: Request) -> Response:
        """Whatever happens in Teams where the app is."""
        return await answered(door, request, _heard)

    nothing_else(router, there=door is not None)
    return router


async def _heard(door: TeamsDoor, request: Request, body: bytes, source: str) -> Json:
    service = await door.check(request.headers.get("authorization", ""), source)
    return await door.heard(service, body, source)
