"""`/chat/webhook/{name}`: 401 for what is not signed for that room, 404 where none has the name, and no more."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from console.chat.entrance import EVERY_METHOD, answered
from console.chat.webhook.door import HookDoor
from engine.model.base import Json


def hook_routes(doors: Mapping[str, HookDoor]) -> APIRouter:
    """The routes of these doors, each by the name of its room."""
    router = APIRouter(prefix="/chat/webhook", include_in_schema=False)

    @router.api_route("/{name:path}", methods=EVERY_METHOD)
    async def anything(name: str, request: Request) -> Response:
        """An answer, or a link that somebody follows."""
        if request.method == "POST" or name not in doors:
            return await answered(doors.get(name), request, _answer)
        return Response(status_code=401)

    return router


async def _answer(door: HookDoor, request: Request, body: bytes, source: str) -> Json:
    stamp, mark = (request.headers.get(f"fireline-{name}", "") for name in ("timestamp", "signature"))
    return await door.heard(stamp, mark, body, source)
