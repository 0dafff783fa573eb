"""What runs beside an engine with chat rooms: one that reads for them, a courier for each, and what listens.

Whatever a room sends, and whatever is wrong here, the engine goes on: what ended is begun again.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial

from console.beside import unending
from console.chat.courier import Courier
from console.chat.following import keep_following
from console.chat.matrix.listener import Listener
from console.chat.matrix.room import MatrixRoom
from console.chat.mattermost.room import MattermostRoom
from console.chat.port import Room
from console.chat.slack.door import SlackDoor
from console.chat.slack.room import SlackRoom
from console.chat.slack.socket import SlackSocket
from console.chat.teams.room import TeamsRoom
from console.chat.webhook.room import HookRoom
from console.chat.whisperer import Whisperer
from console.strangers import Strangers
from engine.control.desks import Desks
from engine.model.chat import (
    HookSettings,
    MatrixSettings,
    MattermostSettings,
    RoomSettings,
    SlackSettings,
    TeamsSettings,
)
from engine.settings import Settings
from engine.store.store import Store


def room(settings: RoomSettings) -> Room:
    """The room that these settings describe."""
    match settings:
        case SlackSettings():
            return SlackRoom(settings)
        case MatrixSettings():
            return MatrixRoom(settings)
        case TeamsSettings():
            return TeamsRoom(settings)
        case MattermostSettings():
            return MattermostRoom(settings)
        case HookSettings():
            return HookRoom(settings)
    raise TypeError(f"no room is made of {type(settings).__name__}")


def chat_company(
    store: Store,
    desks: Desks,
    settings: Settings,
    strangers: Strangers,
    clock: Callable[[], datetime],
    *,
    site: str,
) -> list[Coroutine[object, object, None]]:
    """Everything to be run for the rooms of a site; nothing without any."""
    if not settings.rooms:
        return []
    names = [one.name for one in settings.rooms]
    # One object a room: what it does one after the other it does for all who speak through it.
    rooms = [room(one) for one in settings.rooms]
    heard = [Listener(one, store, desks, strangers, clock).run for one in rooms if isinstance(one, MatrixRoom)]
    heard += [
        SlackSocket(one.settings, one.settings.app_token, SlackDoor(one, store, desks, strangers, clock)).run
        for one in rooms
        if isinstance(one, SlackRoom) and one.settings.app_token
    ]
    couriers = [Courier(store, desks, one, clock, site=site).run for one in rooms]
    paces = {one.name: one.pace for one in settings.rooms}
    following = partial(keep_following, store, desks, names, clock, simulated=settings.page_simulated, paces=paces)
    alone = [Whisperer(store, one, clock).run for one in rooms]
    return [unending(following), *map(unending, couriers), *map(unending, alone), *map(unending, heard)]
