"""What is approved can be read, all of it, where it is approved."""

import re
from urllib.parse import urlencode

import pytest

from engine.model.base import Json
from engine.model.request import Request
from tests.console.chat.conftest import USERS, Chat
from tests.console.chat.slack.emulator import TEAM, buttons, fits, spoken

FLOWS = 59


@pytest.fixture
async def wide(chat: Chat) -> Request:
    """An isolation that spares more flows than a card has room for; its card stands in the room."""
    spare = [{"peer": f"10.20.16.{n}", "port": 5000 + n, "protocol": "tcp"} for n in range(1, FLOWS + 1)]
    await chat.carry()
    chat.bench.without_check("legitimate-flows")
    asked = await chat.bench.ask("tom", "host.isolate", "files-02", spare=spare)  # type: ignore[arg-type]
    await chat.carry()
    return asked


async def typed(chat: Chat, text: str, user: str = USERS["anna"]) -> Json:
    body = urlencode({"team_id": TEAM, "user_id": user, "command": "/fireline", "text": text}).encode()
    answer: Json = (await chat.send("commands", body)).json()
    return answer


async def test_everything_that_is_asked_is_shown_to_whoever_asks_for_it_alone(chat: Chat, wide: Request) -> None:
    answer = await typed(chat, f"show {wide.id}")
    said = spoken(answer)
    assert (answer["response_type"], fits(answer)) == ("ephemeral", True)
    assert said.startswith(f"{wide.id} · TIER ")
    assert re.findall(r"spare (\d+)/59 = ", said) == [str(number) for number in range(1, FLOWS + 1)]
    assert f"DIGEST    {wide.digest}" in said


async def test_what_is_longer_than_a_page_goes_on_with_the_next(chat: Chat, wide: Request) -> None:
    params: Json = {"target": "files-02", "spare": ["x" * 800] * 20}
    await chat.bench.write(lambda tx: tx.requests.save(wide.model_copy(update={"params": params}), wide.state))
    first, second = [spoken(await typed(chat, f"show {wide.id} {page}")) for page in (1, 2)]
    assert first.endswith(f"page 1 of 3: /fireline show {wide.id} 2")
    found = re.findall(r"spare (\d+)/20 = ", "\n".join((first, second, spoken(await typed(chat, f"show {wide.id} 3")))))
    assert found == [str(number) for number in range(1, 21)]
    assert spoken(await typed(chat, f"show {wide.id} 9")).startswith(f"{wide.id} has 3 pages: /fireline ")
    assert spoken(await typed(chat, "show AR-9999")) == "there is no such request: /fireline show AR-…"


async def test_where_parameters_are_left_out_a_yes_is_a_form_that_shows_them(chat: Chat, wide: Request) -> None:
    plain = await chat.asked()
    [card, other] = chat.slack.cards
    assert ([*buttons(card)][-1], [*buttons(other)][-1]) == ("Approve…", "Approve")
    await chat.press(USERS["anna"], "Approve…", card)
    view = chat.slack.views[-1]["view"]
    assert isinstance(view, dict)
    assert 'spare 59/59 = {"peer":"10.20.16.59"' in spoken(view)
    assert (chat.votes(wide), chat.votes(plain)) == ([], [])


async def test_who_is_nobody_is_shown_nothing(chat: Chat, wide: Request) -> None:
    assert "files-02" not in spoken(await typed(chat, f"show {wide.id}", "U0EVE"))
