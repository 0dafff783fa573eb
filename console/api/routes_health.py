"""What anybody may ask: whether this engine may be sent work, and whether its process still takes any.

Strangers come here without a pace: what they are told is looked up once a second, however many ask.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from console.api.backend import Backend
from engine.errors import StoreTaken, StoreUnavailable

router = APIRouter()

ASKS_FOR_S = 2.0
"""So long the writer may take to say that another engine has the database; then it is judged without its word."""
HOLDS_S = 1.0
"""How long an answer is given again."""
LOOKS_FOR_S = 5.0
"""After this long the answer is no."""


class Lately:
    """A question that is put once at a time and holds for a while; everybody who asks meanwhile gets its answer."""

    def __init__(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Nobody has asked."""
        self._look = look
        self._looking: asyncio.Task[bool] | None = None
        self._until = 0.0

    async def answer(self) -> bool:
        """What it came to, now or lately."""
        if self._looking is None or (self._looking.done() and asyncio.get_running_loop().time() >= self._until):
            self._looking = asyncio.create_task(self._looked())
        # Whoever goes takes the answer from nobody else.
        return await asyncio.shield(self._looking)

    async def _looked(self) -> bool:
        try:
            async with asyncio.timeout(LOOKS_FOR_S):
                return await self._look()
        except TimeoutError:
            return False
        finally:
            self._until = asyncio.get_running_loop().time() + HOLDS_S


class Health:
    """Both questions about one engine."""

    def __init__(self, engine: Backend) -> None:
        """Nobody has asked."""
        self.ready, self.alive = Lately(engine.ready), Lately(lambda: _is_alive(engine))


def _health(request: Request) -> Health:
    health = request.app.state.health
    assert isinstance(health, Health)
    return health


Known = Annotated[Health, Depends(_health)]
NOT_NOW: dict[int | str, dict[str, object]] = {
    503: {"description": "Not now", "content": {"application/json": {"schema": {"type": "object"}}}}
}


@router.get("/healthz", responses=NOT_NOW)
async def healthz(health: Known) -> JSONResponse:
    """Whether everything this engine needs is there: a balancer may send it work."""
    ready = await health.ready.answer()
    return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)


@router.get("/livez", responses=NOT_NOW)
async def livez(health: Known) -> JSONResponse:
    """Whether this process still takes work; where not, a supervisor should start it again."""
    alive = await health.alive.answer()
    return JSONResponse({"status": "ok" if alive else "stuck"}, 200 if alive else 503)


async def _is_alive(engine: Backend) -> bool:
    """Whether the writer goes on: a database that is away or slow is no reason to start again, one taken is."""
    with suppress(StoreUnavailable, TimeoutError):
        try:
            await asyncio.wait_for(engine.write(lambda tx: None), ASKS_FOR_S)
        except StoreTaken:
            return False
    return engine.store.alive
