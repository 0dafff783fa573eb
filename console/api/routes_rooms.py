"""Routes by which a chat room is tried: a card that nothing depends on, and who answered it."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from secrets import token_hex
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from console.api.backend import Backend, Caller, backend_of, caller_of
from console.chat.port import Room
from engine.control import trials
from engine.digest import sha256
from engine.errors import Denied, NotFound, ServiceAway, TargetRefused, TargetUnavailable
from engine.model.base import Json
from engine.model.trial import Trial

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


@router.post("/rooms/{room}/trial")
async def post_trial(room: str, engine: Engine, who: Who) -> Json:
    """Show a test card in a room, whoever sees it there; an answer to it is no vote."""
    there, now, digest = _room(engine, room), engine.clock(), sha256([room, token_hex(32)])
    _require_pace(engine, room)
    trial = await engine.write(lambda tx: trials.begin(tx, room, digest, who.principal, now))
    with _told(room):
        ref = await there.post(f"fireline-trial-{digest[:24]}", trials.card_of(trial, now))
    return _view(await engine.write(lambda tx: trials.place(tx, trial, ref)))


@router.get("/rooms/{room}/trial")
async def get_trial(room: str, engine: Engine, _: Who) -> Json:
    """Whether the last test card of a room was answered."""
    return _view(await engine.read(lambda tx: trials.find(tx, room)))


@router.post("/rooms/{room}/trial/end")
async def end_trial(room: str, engine: Engine, who: Who) -> Json:
    """Show on the last test card what came of it, for whoever began it."""
    there, now = _room(engine, room), engine.clock()
    trial = await engine.read(lambda tx: trials.find(tx, room))
    if trial.by != who.principal.id:
        raise Denied(f"the test of room `{room}` is `{trial.by}`'s, who ends it")
    _require_pace(engine, f"{room}/end")
    if trial.ref:
        shown = trials.card_of(trial, max(now, trial.begun_at + trials.GOOD_FOR))
        with _told(room):
            await there.update(f"fireline-trial-end-{trial.digest[:24]}", trial.ref, shown)
    return _view(trial)


def _require_pace(engine: Backend, what: str) -> None:
    """A room's patience with us is needed for what people are asked."""
    if wait := engine.trials_pace.wait(what, engine.clock()):
        seconds = {"Retry-After": str(ceil(wait.total_seconds()))}
        raise HTTPException(429, f"room `{what.partition('/')[0]}` was tried just now", seconds)


@contextmanager
def _told(room: str) -> Iterator[None]:
    """A room's trouble as the caller is told of it."""
    try:
        yield
    except TargetUnavailable as error:
        raise ServiceAway(f"room `{room}`: {error}") from None
    except TargetRefused as error:
        raise Denied(f"room `{room}`: {error}") from None


def _room(engine: Backend, name: str) -> Room:
    if name not in engine.places:
        raise NotFound(f"there is no room `{name}` here: {', '.join(engine.places) or 'none'}")
    return engine.places[name]


def _view(trial: Trial) -> Json:
    return trial.model_dump(mode="json", exclude={"ref"})
