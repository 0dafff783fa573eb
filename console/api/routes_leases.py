"""Routes over what one cause put in force: shown first, then released."""

from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, backend_of, caller_of
from engine.control.causes import parse_cause
from engine.control.release_by_cause import Preview, preview, release_by_cause
from engine.model.base import Json, Model, Said

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class CausedIn(Model):
    """What is to go, and the requests that were shown for it."""

    cause: Said
    requests: tuple[str, ...]
    reason: Said


@router.get("/leases/caused")
async def get_caused(engine: Engine, _: Who, cause: str) -> Json:
    """What a cause put in force, and in which order it would be released; nothing is written."""
    named = parse_cause(cause)
    return _view(await engine.read(lambda tx: preview(tx, engine.desk(tx), named)))


@router.post("/leases/release")
async def post_release_by_cause(given: CausedIn, engine: Engine, who: Who) -> Json:
    """Release what a cause put in force, as far as it was shown."""
    now, cause = engine.clock(), parse_cause(given.cause)
    return _view(
        await engine.write(
            lambda tx: release_by_cause(
                tx, engine.desk(tx), who.principal, cause, frozenset(given.requests), given.reason, now
            )
        )
    )


def _view(seen: Preview) -> Json:
    return {**seen.model_dump(mode="json"), "requests": [*seen.requests]}
