"""The door opens for what Microsoft signed for our bot, lately, about our tenant; and says nothing more."""

import base64
import hmac
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from pydantic import JsonValue

from engine.model.base import Json
from engine.model.request import Request
from tests.console.chat.slack.emulator import Trouble
from tests.console.chat.teams.conftest import HOUR, PEOPLE, SERVICE, Meeting, key, published, token
from tests.console.chat.teams.emulator import TENANT

MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
LEEWAY, OTHER = timedelta(minutes=5), "11111111-2222-3333-4444-555555555555"


async def tapped(meeting: Meeting) -> tuple[Request, Json]:
    """A request, and the callback that would approve it."""
    asked = await meeting.asked()
    return asked, meeting.pressed(PEOPLE["anna"])


def part(content: JsonValue) -> str:
    return urlsafe(json.dumps(content).encode())


def urlsafe(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def forged(meeting: Meeting) -> dict[str, str]:
    """Tokens that nobody should believe, by what is wrong with them."""
    now = meeting.bench.now
    good = token(now)
    head, claims, signature = good.split(".")
    public = key("now").as_pem(private=False)
    hs256 = f"{part({'alg': 'HS256', 'kid': 'now'})}.{claims}"
    by_public = urlsafe(hmac.digest(public, hs256.encode(), "sha256"))
    return {
        "nothing": "",
        "no token": "letters",
        "not even text": "é.é.é",
        "a header that is a list": f"{part(['alg'])}.{claims}.{signature}",
        "a header that is a word": f"{part('alg')}.{claims}.{signature}",
        "a header that is a number": f"{part(1)}.{claims}.{signature}",
        "a header that is nothing": f"{part(None)}.{claims}.{signature}",
        "no signature": f"{head}.{claims}.",
        "alg none": f"{part({'alg': 'none', 'kid': 'now'})}.{claims}.",
        "hs256 with the public key": f"{hs256}.{by_public}",
        "another's key under the name of theirs": token(now, "other", {"kid": "now"}),
        "a key that it brings along": token(now, "other", {"kid": "now", "jwk": published("other")}),
        "a key that nobody publishes": token(now, "other"),
        "no key named": token(now, header={}),
        "changed claims": f"{head}.{part({'iss': 'https://api.botframework.com'})}.{signature}",
        "another issuer": token(now, iss="https://sts.windows.net/"),
        "no issuer": token(now, iss=None),
        "another bot": token(now, aud=OTHER),
        "no audience": token(now, aud=None),
        "expired": token(now - HOUR - LEEWAY),
        "no end": token(now, exp=None),
        "an end that is no time": token(now, exp="tomorrow"),
        "not yet": token(now + LEEWAY + SECOND),
        "no beginning": token(now, nbf=None),
        "no service": token(now, serviceurl=None),
    }


async def test_without_a_good_token_nothing_is_read(meeting: Meeting) -> None:
    asked, body = await tapped(meeting)
    for wrong, given in forged(meeting).items():
        bearer = {b"Authorization": f"Bearer {given}".encode()}
        answer = await meeting.http.post("/chat/teams/messages", json=body, headers=bearer)
        assert (wrong, answer.status_code, answer.content) == (wrong, 401, b"")
    for scheme in ("", "Basic "):
        headers = {"Authorization": f"{scheme}{token(meeting.bench.now)}"}
        answer = await meeting.http.post("/chat/teams/messages", json=body, headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")
    assert meeting.votes(asked) == []
    assert sum(one.count for one in meeting.strangers.take()) == len(forged(meeting)) + 2


async def test_a_few_minutes_of_another_clock_are_forgiven(meeting: Meeting) -> None:
    _, body = await tapped(meeting)
    for at in (meeting.bench.now - HOUR - LEEWAY + SECOND, meeting.bench.now + LEEWAY):
        assert (await meeting.send(body, token(at))).status_code == 200


async def test_another_tenant_or_service_says_nothing_here(meeting: Meeting) -> None:
    asked, _ = await tapped(meeting)
    elsewhere: list[Json] = [
        {"serviceUrl": "https://evil.example/"},
        {"channelId": "webchat"},
        {"channelData": {"tenant": {"id": OTHER}}},
        {"conversation": {"id": "19:x@thread.tacv2", "tenantId": OTHER}},
        {"channelData": None, "conversation": {"id": "19:x@thread.tacv2"}},
    ]
    for changes in elsewhere:
        answer = await meeting.send(meeting.pressed(PEOPLE["anna"], changes=changes))
        assert (changes, answer.status_code, answer.content) == (changes, 401, b"")
    assert meeting.votes(asked) == []


async def test_a_token_for_another_service_is_none_for_this_one(meeting: Meeting) -> None:
    asked, body = await tapped(meeting)
    given = token(meeting.bench.now, serviceurl="https://smba.trafficmanager.net/amer/")
    assert ((await meeting.send(body, given)).status_code, meeting.votes(asked)) == (401, [])


async def test_a_key_that_is_rotated_in_is_fetched_at_most_once_a_minute(meeting: Meeting) -> None:
    _, body = await tapped(meeting)
    assert (await meeting.send(body)).status_code == 200
    meeting.teams.keys = [published("next")]
    seen = []
    for after in (timedelta(0), 30 * SECOND, 30 * SECOND):
        await meeting.bench.later(after)
        seen.append((await meeting.send(body, token(meeting.bench.now, "next"))).status_code)
    assert (seen, meeting.teams.calls.count("GET /keys")) == ([401, 401, 200], 2)
    assert (await meeting.send(body, token(meeting.bench.now, "now"))).status_code == 401


async def test_a_key_that_was_withdrawn_is_believed_for_a_day_at_the_most(meeting: Meeting) -> None:
    _, body = await tapped(meeting)
    assert (await meeting.send(body)).status_code == 200
    meeting.teams.keys = [published("next")]
    await meeting.bench.later(timedelta(days=1))
    assert (await meeting.send(body)).status_code == 401


async def test_a_list_of_yesterday_is_not_believed_where_today_s_cannot_be_fetched(meeting: Meeting) -> None:
    _, body = await tapped(meeting)
    assert (await meeting.send(body)).status_code == 200
    await meeting.bench.later(timedelta(days=1))
    meeting.teams.troubles["keys"] = [Trouble(status=503)]
    assert [(await meeting.send(body)).status_code for _ in "12"] == [401, 401]
    assert meeting.teams.calls.count("GET /keys") == 2


@pytest.mark.parametrize("endorsed", [{"endorsements": ["webchat"]}, {"endorsements": []}, {"endorsements": None}])
async def test_a_key_that_does_not_speak_for_teams_is_none(meeting: Meeting, endorsed: Json) -> None:
    _, body = await tapped(meeting)
    meeting.teams.keys = [published("now", **endorsed)]
    assert (await meeting.send(body)).status_code == 401


async def test_keys_of_other_kinds_stand_beside_ours(meeting: Meeting) -> None:
    _, body = await tapped(meeting)
    meeting.teams.keys = [
        {"kty": "EC", "kid": "elliptic"},
        published("now"),
        published("s", n="AQAB"),
    ]
    assert (await meeting.send(body)).status_code == 200
    assert (await meeting.send(body, token(meeting.bench.now, "now", {"kid": "s"}))).status_code == 401


async def test_a_key_that_is_too_short_is_none(meeting: Meeting) -> None:
    _, body = await tapped(meeting)
    short = rsa.generate_private_key(65537, 1024)
    modulus = urlsafe(short.public_key().public_numbers().n.to_bytes(128, "big"))
    meeting.teams.keys = [published("now", n=modulus)]
    signed = ".".join(token(meeting.bench.now).split(".")[:2])
    signature = urlsafe(short.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))
    assert (await meeting.send(body, f"{signed}.{signature}")).status_code == 401


async def test_where_the_keys_cannot_be_fetched_nothing_is_believed_and_nobody_is_told_why(meeting: Meeting) -> None:
    asked, body = await tapped(meeting)
    meeting.teams.troubles["keys"] = [Trouble(status=503)]
    answer = await meeting.send(body)
    assert (answer.status_code, answer.content, meeting.votes(asked)) == (401, b"", [])
    await meeting.bench.later(MINUTE)
    assert (await meeting.send(body)).status_code == 200


async def test_who_follows_a_link_votes_on_nothing(meeting: Meeting) -> None:
    asked, _ = await tapped(meeting)
    bearer = {"Authorization": f"Bearer {token(meeting.bench.now)}"}
    for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS"):
        for path in ("messages", f"messages?approve={asked.id}", f"approve/{asked.id}", ""):
            answer = await meeting.http.request(method, f"/chat/teams/{path}", headers=bearer)
            assert (answer.status_code, answer.content) == (401, b"")
    assert meeting.votes(asked) == []


async def test_where_there_is_no_teams_there_is_nothing(meeting: Meeting) -> None:
    http = meeting.served(None)
    for path in ("messages", "", "anything"):
        for method in ("GET", "POST"):
            answer = await http.request(method, f"/chat/teams/{path}")
            assert (answer.status_code, answer.content) == (404, b"")


async def test_what_is_no_activity_is_refused_once_it_is_known_who_sent_it(meeting: Meeting) -> None:
    bearer = {"Authorization": f"Bearer {token(meeting.bench.now)}"}
    for body in (
        b"",
        b"{}",
        b"[]",
        b"[" * 5000,
        b"\xff",
        json.dumps({"serviceUrl": SERVICE, "tenant": TENANT}).encode(),
    ):
        answer = await meeting.http.post("/chat/teams/messages", content=body, headers=bearer)
        assert answer.status_code == 422
        assert (await meeting.http.post("/chat/teams/messages", content=body)).status_code == 401


async def test_more_than_teams_ever_sends_is_not_even_kept(meeting: Meeting) -> None:
    bearer = {"Authorization": f"Bearer {token(meeting.bench.now)}"}
    answer = await meeting.http.post("/chat/teams/messages", content=b"x" * (256 * 1024 + 1), headers=bearer)
    assert answer.status_code == 401
