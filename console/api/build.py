"""From a running engine to its API."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from fastapi import APIRouter, FastAPI

from console.api.app import build_app
from console.api.backend import Backend
from console.api.oidc import Provider
from console.chat.company import room
from console.chat.mattermost.door import MattermostDoor
from console.chat.mattermost.room import MattermostRoom
from console.chat.mattermost.routes import mattermost_routes
from console.chat.slack.door import SlackDoor
from console.chat.slack.room import SlackRoom
from console.chat.slack.routes import slack_routes
from console.chat.teams.door import TeamsDoor
from console.chat.teams.room import TeamsRoom
from console.chat.teams.routes import teams_routes
from console.chat.webhook.door import HookDoor
from console.chat.webhook.room import HookRoom
from console.chat.webhook.routes import hook_routes
from console.host import Engine
from engine.model.chat import HookSettings, MattermostSettings, RoomSettings, SlackSettings, TeamsSettings

S = TypeVar("S", bound=RoomSettings)
D = TypeVar("D")


def build(engine: Engine) -> FastAPI:
    """The application over this engine."""
    backend = Backend(
        store=engine.store,
        desk=engine.desks,
        clock=engine.parts.clock,
        ledger_key=engine.parts.ledger_key,
        home=engine.settings.home,
        ready=engine.ready,
        strangers=engine.strangers,
        rooms=tuple(one.name for one in engine.settings.rooms),
        places={one.name: room(one) for one in engine.settings.rooms},
        public_url=engine.settings.public_url,
        provider=_provider(engine),
        tracer=engine.telemetry.tracer,
        follow=engine.threads.here,
    )
    app = build_app(backend)
    for routes in _chat(engine):
        app.include_router(routes)
    return app


def _chat(engine: Engine) -> Iterator[APIRouter]:
    """The routes of every product; where a site has no room of one, they say that there is nothing."""
    parts = engine.store, engine.desks, engine.strangers, engine.parts.clock
    yield slack_routes(_door(engine, SlackSettings, lambda one: SlackDoor(SlackRoom(one), *parts)))
    yield teams_routes(_door(engine, TeamsSettings, lambda one: TeamsDoor(TeamsRoom(one), *parts)))
    yield mattermost_routes(_door(engine, MattermostSettings, lambda one: MattermostDoor(MattermostRoom(one), *parts)))
    yield hook_routes({one.name: HookDoor(HookRoom(one), *parts) for one in _rooms(engine, HookSettings)})


def _provider(engine: Engine) -> Provider | None:
    here = engine.settings.oidc
    return None if here is None else Provider(here, engine.parts.clock)


def _rooms(engine: Engine, kind: type[S]) -> list[S]:
    return [one for one in engine.settings.rooms if isinstance(one, kind)]


def _door(engine: Engine, kind: type[S], door: Callable[[S], D]) -> D | None:
    """The door of the one room of this kind; None where the site has none."""
    return next(map(door, _rooms(engine, kind)), None)
