"""Routes over keeping effects in force by approval, and over what one cause put in force."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends

from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from console.undo_sheet import sheet
from console.views import action_view, stamp
from engine.control.announcing import announce_lift
from engine.control.causes import parse_cause
from engine.control.prolonging import ask_longer, ask_permanent
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


@router.get("/leases/undo-sheet")
async def get_undo_sheet(engine: Engine, _: Who) -> Json:
    """How to take back by hand whatever may stand in the world."""
    now = engine.clock()
    return {"sheet": await engine.read(lambda tx: sheet(tx, engine.desk(tx), now))}


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


class LongerIn(Model):
    """For how long from when people agree, and why."""

    lasts_s: Seconds
    reason: Said


class ForGoodIn(Model):
    """Why it is to stay."""

    reason: Said


@router.post("/leases/{lease_id}/extension-request")
async def post_extension_request(lease_id: str, given: LongerIn, engine: Engine, who: Who) -> Json:
    """Ask people to keep an effect in force beyond its ceiling."""
    now, lasts = engine.clock(), timedelta(seconds=given.lasts_s)
    request = await engine.write(
        lambda tx: ask_longer(tx, engine.desk(tx), who.principal, lease_id, lasts, given.reason, now)
    )
    return action_view(request, engine.desk().executors)


class LiftIn(Model):
    """By which ticket somebody lifts it by hand, and why."""

    ticket: Said
    reason: Said


@router.post("/leases/{lease_id}/announced-lift")
async def post_announced_lift(lease_id: str, given: LiftIn, engine: Engine, who: Who) -> Json:
    """Say that somebody lifts an effect by hand, so that it is not put back."""
    now = engine.clock()
    lease = await engine.write(lambda tx: announce_lift(tx, who.principal, lease_id, given.ticket, given.reason, now))
    return {"id": lease.id, "lift": lease.lift, "until": stamp(lease.lift_until)}


@router.post("/leases/{lease_id}/permanent")
async def post_permanent(lease_id: str, given: ForGoodIn, engine: Engine, who: Who) -> Json:
    """Ask people to keep an effect in force until somebody releases it."""
    now = engine.clock()
    request = await engine.write(
        lambda tx: ask_permanent(tx, engine.desk(tx), who.principal, lease_id, given.reason, now)
    )
    return action_view(request, engine.desk().executors)
