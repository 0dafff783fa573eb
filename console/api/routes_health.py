"""What anybody may ask: whether this engine may be sent work, and whether its process still takes any."""

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

from console.api.backend import Backend, backend_of
from engine.errors import StoreUnavailable

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]

ALIVE_WITHIN_S = 2.0


@router.get("/healthz")
async def healthz(engine: Engine) -> JSONResponse:
    """Whether everything this engine needs is there: a balancer may send it work."""
    ready = await engine.ready()
    return JSONResponse({"status": "ok" if ready else "starting"}, 200 if ready else 503)


@router.get("/livez")
async def livez(engine: Engine) -> JSONResponse:
    """Whether this process still takes work; where not, a supervisor should start it again."""
    alive = await _is_alive(engine)
    return JSONResponse({"status": "ok" if alive else "stuck"}, 200 if alive else 503)


async def _is_alive(engine: Backend) -> bool:
    """Whether the writer's turn comes round; a database that is away is no reason to start again."""
    with suppress(StoreUnavailable):
        try:
            await asyncio.wait_for(engine.write(lambda tx: None), ALIVE_WITHIN_S)
        except TimeoutError:
            return False
    return True
