"""What is not ours, or was not done by whom it says, is not believed; and nothing more is said."""

import json
from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

from console.chat.mattermost.door import OPEN_ANEW
from console.chat.mattermost.seals import Asked, Pressed, sealed, until
from engine.errors import TargetRefused
from engine.model.approval import VoteKind
from engine.model.base import Json
from engine.model.request import Request
from tests.console.chat.conftest import SECOND
from tests.console.chat.mattermost.conftest import ANNA, EVE, JONAS, ROOM, SECRET, Town
from tests.console.chat.mattermost.emulator import named
from tests.console.chat.test_heard_again import standing, take_back

STRANGE = timedelta(seconds=301)
Changed = Callable[[Town, Json], Json]


def carried(said: Json) -> Json:
    context = said["context"]
    assert isinstance(context, dict)
    return context


def resealed(town: Town, said: Json, secret: str = SECRET, room: str = ROOM, **changes: object) -> Json:
    what = {name: value for name, value in carried(said).items() if name != "seal"}
    return said | {"context": sealed(secret, room, Pressed.model_validate(what | changes))}


FORGED: dict[str, Changed] = {
    "without a seal": lambda town, said: said | {"context": {}},
    "no context": lambda town, said: said | {"context": None},
    "another answer": lambda town, said: said | {"context": carried(said) | {"kind": "deny"}},
    "another digest": lambda town, said: said | {"context": carried(said) | {"digest": "0" * 64}},
    "another request": lambda town, said: said | {"context": carried(said) | {"request": "AR-0002"}},
    "with or without asking": lambda town, said: said | {"context": carried(said) | {"asks": True}},
    "a longer time": lambda town, said: said | {"context": carried(said) | {"until": 2**39}},
    "a number nobody can write": lambda town, said: said | {"context": carried(said) | {"until": 2**60}},
    "another secret": lambda town, said: resealed(town, said, "another"),
    "another room": lambda town, said: resealed(town, said, room="ops"),
    "over": lambda town, said: resealed(town, said, until=int(town.bench.now.timestamp())),
    "another user": lambda town, said: said | {"user_id": JONAS},
    "no user": lambda town, said: said | {"user_id": "anna"},
    "no trigger": lambda town, said: said | {"trigger_id": ""},
    "a trigger of nobody": lambda town, said: said | {"trigger_id": "YTpiOmM6ZA=="},
    "a trigger of another": lambda town, said: said | {"trigger_id": town.server.trigger(EVE, town.bench.now)},
    "a trigger of another server": lambda town, said: (
        said | {"trigger_id": town.server.trigger(ANNA, town.bench.now, generate_private_key(SECP256R1()))}
    ),
    "a trigger of before": lambda town, said: (
        said | {"trigger_id": town.server.trigger(ANNA, town.bench.now - STRANGE)}
    ),
    "a trigger of later": lambda town, said: said | {"trigger_id": town.server.trigger(ANNA, town.bench.now + STRANGE)},
    "another channel": lambda town, said: said | {"channel_id": named("other")},
    "another team": lambda town, said: said | {"team_id": named("other")},
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_a_callback_that_is_not_what_somebody_did_is_refused(town: Town, forged: Changed) -> None:
    asked = await town.asked()
    answer = await town.send(forged(town, town.pressed()))
    assert (answer.status_code, answer.content, town.votes(asked)) == (401, b"", [])
    assert [one.count for one in town.strangers.take()] == [1]


async def test_the_same_callback_counts_once(town: Town) -> None:
    asked = await town.asked()
    said = town.pressed()
    codes = [(await town.send(said)).status_code for _ in "12"]
    assert (codes, len(town.votes(asked)), len(town.bench.entries("vote.refused"))) == ([200, 401], 1, 0)


async def test_replayed_to_a_fresh_engine_it_is_known(town: Town) -> None:
    asked = await town.asked()
    said = town.pressed()
    await town.send(said)
    fresh = Town(town.bench, town.server)
    assert (await fresh.send(said)).json() == {}
    assert (len(town.votes(asked)), town.bench.entries("vote.refused")) == (1, [])


async def test_a_button_moved_to_another_post_counts_for_nothing(town: Town) -> None:
    first, second = await town.asked(), await town.asked("10.20.16.115")
    one, two = town.server.cards
    moved = town.pressed(card=one) | {"post_id": two["id"]}
    assert "not the card of that request" in (await town.send(moved)).json()["ephemeral_text"]
    assert (town.votes(first), town.votes(second)) == ([], [])


async def form(town: Town) -> tuple[Request, Json]:
    """A request, and what the server sends where anna denies it."""
    asked = await town.asked()
    await town.press(label="Deny…")
    return asked, town.server.submitted(ANNA, "our own scanner")


async def test_a_form_is_for_the_user_who_opened_it(town: Town) -> None:
    asked, said = await form(town)
    answer = await town.send(said | {"user_id": JONAS})
    assert (answer.status_code, town.votes(asked)) == (401, [])


async def test_a_form_is_over_soon(town: Town) -> None:
    asked, said = await form(town)
    await town.bench.later(timedelta(minutes=15))
    assert ((await town.send(said)).status_code, town.votes(asked)) == (401, [])


@pytest.mark.parametrize("state", ["", "{}", "[" * 5000, '{"seal": "x"}', "null"])
async def test_a_form_that_somebody_made_up_is_refused(town: Town, state: str) -> None:
    asked, said = await form(town)
    assert ((await town.send(said | {"state": state})).status_code, town.votes(asked)) == (401, [])


@pytest.mark.parametrize("field", ["seal", "ref", "kind"])
async def test_a_form_with_what_is_no_text_is_refused_and_counted(town: Town, field: str) -> None:
    asked, said = await form(town)
    state = json.dumps(json.loads(str(said["state"])) | {field: "\ud800"})
    answer = await town.send(said | {"state": state})
    assert (answer.status_code, town.votes(asked), sum(one.count for one in town.strangers.take())) == (401, [], 1)


async def test_what_a_button_carries_is_no_form_and_the_other_way_round(town: Town) -> None:
    asked, said = await form(town)
    what = Asked(
        ref=str(town.server.cards[-1]["id"]), user=ANNA, request=asked.id, digest=str(asked.digest),
        kind=VoteKind.APPROVE, until=until(town.bench.now, SECOND * 60),
    )  # fmt: skip
    answer = await town.send(town.pressed() | {"context": sealed(SECRET, ROOM, what)})
    assert (answer.status_code, town.votes(asked)) == (401, [])


async def test_a_form_that_is_sent_again_counts_once(town: Town) -> None:
    asked, said = await form(town)
    for _ in range(2):
        assert (await town.send(said)).json() == {}
    assert (len(town.votes(asked)), town.bench.entries("vote.refused")) == (1, [])


async def test_a_form_that_was_refused_is_refused_again_and_does_not_look_like_a_success(town: Town) -> None:
    asked, said = await form(town)
    await town.bench.vote(asked.id, "anna", digest=asked.digest)
    refused = (await town.send(said)).json()
    await take_back(town.bench, asked, "anna")
    again = (await town.send(said)).json()
    assert refused == {"errors": {"reason": "not counted: has voted already"}}
    assert again == {"errors": {"reason": f"{refused['errors']['reason']}; {OPEN_ANEW}"}}
    assert standing(town.bench, asked) == []


@pytest.mark.parametrize(
    "changed", [{"token": "another"}, {"token": ""}, {"team_id": named("other")}, {"trigger_id": "x"}]
)
async def test_a_command_takes_its_token_our_team_and_somebody_who_typed_it(
    town: Town, changed: dict[str, str]
) -> None:  # fmt: skip
    answer = await town.type("pending", **changed)
    assert (answer.status_code, answer.content) == (401, b"")


async def test_a_command_in_the_name_of_another_is_refused(town: Town) -> None:
    assert (await town.type("pending", EVE, user_id=ANNA)).status_code == 401


async def test_who_follows_a_link_votes_on_nothing(town: Town) -> None:
    asked = await town.asked()
    for method, path in product(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"), ("actions", "commands", "", "approve")):
        assert (await town.http.request(method, f"/chat/mattermost/{path}")).status_code == 401
    assert town.votes(asked) == []


async def test_where_there_is_no_mattermost_there_is_nothing(town: Town) -> None:
    http = town.served(None)
    for method, path in product(("GET", "POST"), ("actions", "commands", "")):
        answer = await http.request(method, f"/chat/mattermost/{path}")
        assert (answer.status_code, answer.content) == (404, b"")


async def test_a_secret_that_is_missing_closes_the_doors_and_tells_nobody(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await town.asked()
    said = town.pressed()
    monkeypatch.delenv("MATTERMOST_SECRET")
    monkeypatch.delenv("MATTERMOST_COMMAND")
    assert (await town.send(said)).status_code == 401
    assert (await town.type("pending", token="")).status_code == 401
    assert town.votes(asked) == []


async def test_a_key_that_the_server_changed_is_asked_for_again_once_a_minute(town: Town) -> None:
    await town.asked()
    await town.press(EVE)
    town.server.key = generate_private_key(SECP256R1())
    assert (await town.press()).status_code == 401
    await town.bench.later(timedelta(minutes=1))
    asked = await town.asked("10.20.16.115")
    assert (await town.press()).json() == {"ephemeral_text": "` counted: enough `"}
    assert town.votes(asked) == [("anna", "approve", f"chat/{ROOM}")]


async def test_a_server_that_cannot_say_by_what_it_signs_is_not_believed(town: Town) -> None:
    asked = await town.asked()
    town.server.troubles["GET client"] = [503]
    assert ((await town.press()).status_code, town.votes(asked)) == (401, [])
    await town.press()
    assert len(town.votes(asked)) == 1


async def test_a_channel_of_another_team_is_no_health(town: Town) -> None:
    assert await town.room.health() == "fireline in soc"
    town.room.settings = town.room.settings.model_copy(update={"team": named("other")})
    with pytest.raises(TargetRefused, match="the settings say otherxxx"):
        await town.room.health()
