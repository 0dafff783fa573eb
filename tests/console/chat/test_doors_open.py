"""The routes of a product are there where one of its rooms is in the settings; elsewhere there is nothing."""

import httpx
import pytest
from temporalio.client import Client

from console.api.build import build
from console.host import Engine
from engine.model.chat import AnyRoom
from tests.bench import Bench
from tests.console.chat.conftest import ROOM
from tests.console.chat.conftest import settings as slack_settings
from tests.console.chat.mattermost.conftest import settings as mattermost_settings
from tests.console.chat.mattermost.emulator import Server
from tests.console.chat.slack.emulator import Workspace
from tests.console.chat.teams.conftest import settings as teams_settings
from tests.console.chat.teams.emulator import Teams
from tests.console.chat.webhook.board import Board
from tests.console.chat.webhook.test_answers import settings as hook_settings
from workflows import tracing

HERE = "http://127.0.0.1:9/"
ROOMS: dict[str, AnyRoom] = {
    "slack/interactions": slack_settings(Workspace(url=HERE)),
    "teams/messages": teams_settings(Teams(url=HERE)),
    "mattermost/actions": mattermost_settings(Server(url=HERE.rstrip("/"))),
    f"webhook/{ROOM}": hook_settings(Board(url=HERE)),
}


async def engine(bench: Bench, *rooms: AnyRoom) -> Engine:
    """A running engine, as far as its routes are concerned: nothing is asked of Temporal."""
    settings = bench.settings.model_copy(update={"rooms": rooms})
    client = await Client.connect("127.0.0.1:9", lazy=True)
    return Engine(bench.store, client, bench.parts, settings, tracing.setup(settings), bench.desks)


@pytest.mark.parametrize("there", [*ROOMS, None])
async def test_a_product_s_routes_are_there_with_its_room_alone(bench: Bench, there: str | None) -> None:
    rooms = [room for path, room in ROOMS.items() if path == there]
    app = build(await engine(bench, *rooms))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://engine") as http:
        answers = {path: await http.post(f"/chat/{path}", content=b"{}") for path in ROOMS}
    assert {path: answer.content for path, answer in answers.items()} == dict.fromkeys(ROOMS, b"")
    assert {path for path, answer in answers.items() if answer.status_code == 401} == {there} - {None}
    assert {answer.status_code for path, answer in answers.items() if path != there} == {404}
