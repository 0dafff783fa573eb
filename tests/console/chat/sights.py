"""What somebody in a room sees of it, product by product."""

import json
from dataclasses import dataclass
from typing import Protocol

from console.chat.matrix.room import MatrixRoom
from console.chat.port import Room
from console.chat.slack.room import SlackRoom
from console.chat.teams.room import TeamsRoom
from tests.console.chat.matrix.homeserver import Homeserver, Place
from tests.console.chat.slack.emulator import Workspace, spoken, texts
from tests.console.chat.teams import emulator as connector

NOWHERE = "http://127.0.0.1:9"


class Sight(Protocol):
    """A room, and how it looks."""

    @property
    def room(self) -> Room: ...

    def cards(self) -> list[str]: ...

    def thread(self, ref: str) -> list[str]: ...

    def answers(self, ref: str) -> int:
        """How many of its items can be answered."""

    def told(self, user: str) -> list[str]: ...

    def rung(self, user: str) -> list[str]:
        """What rings with one user, a text each."""

    def markup(self) -> list[str]:
        """Whatever in all messages a client would treat as more than text."""

    def remove(self, ref: str) -> None: ...

    def close(self) -> None:
        """The token is good no more."""

    def cut_off(self) -> None:
        """Nobody answers there."""

    @property
    def anybody(self) -> str: ...


async def send_again(room: Room, key: str, ref: str, text: str) -> None:
    """What a courier does that does not know whether a line arrived."""
    if await room.find(key, ref) is None:
        await room.reply(key, ref, text)


@dataclass
class SlackSight:
    """As the emulator keeps it."""

    room: SlackRoom
    slack: Workspace
    anybody: str = "U0ANNA"

    def cards(self) -> list[str]:
        return [spoken(card) for card in self.slack.cards]

    def thread(self, ref: str) -> list[str]:
        return self.slack.thread(ref)

    def answers(self, ref: str) -> int:
        [card] = [one for one in self.slack.cards if one["ts"] == ref]
        return str(card["blocks"]).count("'type': 'actions'")

    def told(self, user: str) -> list[str]:
        return [spoken(one) for one in self.slack.whispers if one["user"] == user]

    def rung(self, user: str) -> list[str]:
        return self.slack.rung(user)

    def markup(self) -> list[str]:
        said = [*self.slack.messages, *self.slack.whispers]
        expanded = [
            str(one) for one in said if (one["parse"], one["link_names"], one["mrkdwn"]) != ("none", "false", "false")
        ]
        return expanded + [str(one) for message in said for one in texts(message) if one["type"] != "plain_text"]

    def remove(self, ref: str) -> None:
        self.slack.messages = [one for one in self.slack.messages if one["ts"] != ref]

    def close(self) -> None:
        self.slack.token = "another"

    def cut_off(self) -> None:
        self.room.settings = self.room.settings.model_copy(update={"url": f"{NOWHERE}/"})


@dataclass
class MatrixSight:
    """As anna, who is in the room, sees it."""

    room: MatrixRoom
    place: Place
    anybody: str = "@anna:localhost"

    @property
    def server(self) -> Homeserver:
        return self.place.server

    def cards(self) -> list[str]:
        return [self.place.shown(str(card["id"])) for card in self.place.cards()]

    def thread(self, ref: str) -> list[str]:
        return self.place.thread(ref)

    def answers(self, ref: str) -> int:
        return self.place.shown(ref).count("ANSWER")

    def told(self, user: str) -> list[str]:
        return self.place.told(user.removeprefix("@").partition(":")[0])

    def rung(self, user: str) -> list[str]:
        return [said for _, said in self.place.server.rung(user.removeprefix("@").partition(":")[0])]

    def markup(self) -> list[str]:
        plain = {"msgtype", "body", "m.mentions", "m.relates_to", "m.new_content", "id"}
        return [json.dumps(one) for one in self.place.ours() if {*one} - plain or one["m.mentions"] != {}]

    def remove(self, ref: str) -> None:
        self.server.ask("PUT", f"rooms/{self.place.id}/redact/{ref}/{ref[1:8]}", {}, by="fireline")

    def close(self) -> None:
        self.room.settings = self.room.settings.model_copy(update={"access_token": "env:NO_TOKEN"})

    def cut_off(self) -> None:
        self.room.settings = self.room.settings.model_copy(update={"url": NOWHERE})


@dataclass
class TeamsSight:
    """As the emulator keeps it."""

    room: TeamsRoom
    teams: connector.Teams
    anybody: str = connector.OBJECT.format(1)

    def cards(self) -> list[str]:
        return [connector.spoken(card) for card in self.teams.cards]

    def thread(self, ref: str) -> list[str]:
        return self.teams.thread(ref)

    def answers(self, ref: str) -> int:
        [card] = [one for one in self.teams.cards if one["id"] == ref]
        return len([one for one in connector.inside(connector.content(card)) if one["type"] == "ActionSet"])

    def told(self, user: str) -> list[str]:
        return [str(one["text"]) for one in self.teams.whispers if one["to"] == user]

    def rung(self, user: str) -> list[str]:
        return self.teams.rung(user)

    def markup(self) -> list[str]:
        said = [*self.teams.messages, *self.teams.whispers]
        expanded = [str(one) for one in said if "entities" in one or ("text" in one and one["textFormat"] != "plain")]
        return expanded + [
            str(one) for message in said for one in connector.inside(message) if one["type"] == "TextBlock"
        ]

    def remove(self, ref: str) -> None:
        self.teams.messages = [one for one in self.teams.messages if one["id"] != ref]

    def close(self) -> None:
        self.teams.token = "another"

    def cut_off(self) -> None:
        self.room.settings = self.room.settings.model_copy(update={"service_url": f"{NOWHERE}/"})
