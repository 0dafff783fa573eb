"""The doors open for what Slack signed, lately, for the first time, for our workspace; and say nothing more."""

from datetime import timedelta
from itertools import product

import pytest

from engine.errors import SecretAway
from engine.model.request import Request
from tests.console.chat.conftest import SECRET, USERS, Chat
from tests.console.chat.slack.emulator import TEAM, Trouble

STRANGE = timedelta(seconds=301)
PATHS = ["interactions", "commands", "events"]


async def tapped(chat: Chat) -> tuple[Request, bytes]:
    """A request, and the callback that would approve it."""
    asked = await chat.asked()
    return asked, chat.pressed(USERS["anna"], "Approve")


async def test_without_a_good_signature_nothing_is_read(chat: Chat) -> None:
    body = b"payload={}"
    wrongs: tuple[dict[str, str], ...] = (
        {},
        chat.signed(body, secret="another"),
        chat.signed(body, after=-STRANGE),
        chat.signed(body, after=STRANGE),
        chat.signed(body + b" "),
        {**chat.signed(body), "X-Slack-Request-Timestamp": "-1"},
        {**chat.signed(body), "X-Slack-Request-Timestamp": "9" * 400},
        {**chat.signed(body), "X-Slack-Signature": "v0=\xe9"},
    )
    for path, wrong in product(PATHS, wrongs):
        answer = await chat.http.post(f"/chat/slack/{path}", content=body, headers=_latin(wrong))
        assert (answer.status_code, answer.content) == (401, b"")
    assert [one.count for one in chat.strangers.take()] == [24]


async def test_where_the_secret_is_away_nothing_is_believed_and_nothing_said(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(reference: str) -> str:
        raise SecretAway(f"the vault does not answer for `{reference}`")

    asked, body = await tapped(chat)
    monkeypatch.setattr("console.chat.slack.signature.fetch", away)
    answer = await chat.http.post("/chat/slack/interactions", content=body, headers=chat.signed(body))
    assert (answer.status_code, answer.content, chat.votes(asked)) == (401, b"", [])


def _latin(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


async def test_who_follows_a_link_votes_on_nothing(chat: Chat) -> None:
    asked, body = await tapped(chat)
    paths = ("interactions", f"interactions?{body.decode()}", f"approve/{asked.id}", "")
    for method, path in product(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"), paths):
        answer = await chat.http.request(method, f"/chat/slack/{path}", headers=chat.signed(body))
        assert answer.status_code == 401
    assert chat.votes(asked) == []


async def test_the_same_callback_counts_once(chat: Chat) -> None:
    asked, body = await tapped(chat)
    headers = chat.signed(body)
    codes = [
        (await chat.http.post("/chat/slack/interactions", content=body, headers=headers)).status_code for _ in "12"
    ]
    await chat.door.settled()
    assert (codes, len(chat.votes(asked)), len(chat.bench.entries("vote.refused"))) == ([200, 401], 1, 0)


async def test_a_changed_body_is_no_callback(chat: Chat) -> None:
    asked, body = await tapped(chat)
    changed = body.replace(b"U0ANNA", b"U0JONAS")
    answer = await chat.http.post("/chat/slack/interactions", content=changed, headers=chat.signed(body))
    assert (answer.status_code, chat.votes(asked)) == (401, [])


async def test_another_workspace_and_guests_of_a_shared_channel_vote_on_nothing_here(chat: Chat) -> None:
    asked = await chat.asked()
    changes: tuple[dict[str, object], ...] = (
        {"team": {"id": "T0OTHER"}},
        {"user": {"id": "U0ANNA", "team_id": "T0OTHER"}},
    )
    for changed in changes:
        body = chat.pressed(USERS["anna"], "Approve", **changed)
        assert (await chat.send("interactions", body)).status_code == 401
    assert chat.votes(asked) == []
    typed = b"team_id=T0OTHER&user_id=U0ANNA&text=pending"
    assert (await chat.send("commands", typed)).status_code == 401


async def test_where_there_is_no_slack_there_is_nothing(chat: Chat) -> None:
    http = chat.served(None)
    for path in (*PATHS, "", "anything"):
        for method in ("GET", "POST"):
            answer = await http.request(method, f"/chat/slack/{path}", headers=chat.signed(b""))
            assert (answer.status_code, answer.content) == (404, b"")


async def test_more_than_slack_ever_sends_is_not_even_kept(chat: Chat) -> None:
    body = b"x" * (256 * 1024 + 1)
    answer = await chat.http.post("/chat/slack/interactions", content=body, headers=chat.signed(body))
    assert answer.status_code == 401


async def test_a_secret_that_is_missing_closes_the_door_and_tells_nobody(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLACK_SECRET")
    answer = await chat.http.post("/chat/slack/events", content=b"{}", headers=chat.signed(b"{}", SECRET))
    assert (answer.status_code, answer.content) == (401, b"")


async def test_slacks_question_whether_it_is_us_is_answered(chat: Chat) -> None:
    answer = await chat.send("events", b'{"type": "url_verification", "challenge": "3eZbrw", "token": "old"}')
    assert answer.json() == {"challenge": "3eZbrw"}
    assert (await chat.send("events", b'{"type": "event_callback"}')).json() == {}


async def test_a_token_for_another_workspace_is_no_health(chat: Chat) -> None:
    assert await chat.room.health() == f"fireline in SOC ({TEAM})"
    chat.slack.team = "T0OTHER"
    with pytest.raises(Exception, match="the token is for workspace `T0OTHER`"):
        await chat.room.health()
    chat.slack.troubles["auth.test"] = [Trouble(error="invalid_auth")]
    with pytest.raises(Exception, match="slack refuses auth.test: invalid_auth"):
        await chat.room.health()
