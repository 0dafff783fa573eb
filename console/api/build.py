"""From a running engine to its API."""

from fastapi import FastAPI

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
from engine.model.chat import HookSettings, MattermostSettings, SlackSettings, TeamsSettings


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
    app.include_router(slack_routes(_slack(engine)))
    app.include_router(teams_routes(_teams(engine)))
    app.include_router(mattermost_routes(_mattermost(engine)))
    app.include_router(hook_routes(_hooks(engine)))
    return app


def _provider(engine: Engine) -> Provider | None:
    here = engine.settings.oidc
    return None if here is None else Provider(here, engine.parts.clock)


def _slack(engine: Engine) -> SlackDoor | None:
    here = next((one for one in engine.settings.rooms if isinstance(one, SlackSettings)), None)
    if here is None:
        return None
    return SlackDoor(SlackRoom(here), engine.store, engine.desks, engine.strangers, engine.parts.clock)


def _teams(engine: Engine) -> TeamsDoor | None:
    here = next((one for one in engine.settings.rooms if isinstance(one, TeamsSettings)), None)
    if here is None:
        return None
    return TeamsDoor(TeamsRoom(here), engine.store, engine.desks, engine.strangers, engine.parts.clock)


def _mattermost(engine: Engine) -> MattermostDoor | None:
    here = next((one for one in engine.settings.rooms if isinstance(one, MattermostSettings)), None)
    if here is None:
        return None
    return MattermostDoor(MattermostRoom(here), engine.store, engine.desks, engine.strangers, engine.parts.clock)


def _hooks(engine: Engine) -> dict[str, HookDoor]:
    here = [one for one in engine.settings.rooms if isinstance(one, HookSettings)]
    parts = engine.store, engine.desks, engine.strangers, engine.parts.clock
    return {one.name: HookDoor(HookRoom(one), *parts) for one in here}
