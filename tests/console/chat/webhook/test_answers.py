"""Answers by a signed webhook count where they should, once, and nowhere else."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product

import httpx
import pytest
from pyotp import TOTP

from console.chat.webhook.door import HookDoor
from console.chat.webhook.room import HookRoom
from console.chat.webhook.routes import hook_routes
from console.outgoing.webhook import signature
from console.strangers import Strangers
from engine.model.base import Json
from engine.model.chat import HookSettings
from engine.model.request import Request, RequestState
from tests.bench import Bench
from tests.console.chat.beside import Beside
from tests.console.chat.conftest import ROOM, SECOND, USERS
from tests.console.chat.serving import served
from tests.console.chat.slack.test_codes import SECRET as TOTP_SECRET
from tests.console.chat.slack.test_codes import give_secret
from tests.console.chat.webhook.board import ANSWERS, SECRET, Board, board

STRANGE = timedelta(seconds=301)


@dataclass
class Desk(Beside):
    """A board with cards, and the answers that come from it through the real route."""

    bench: Bench
    board: Board
    strangers: Strangers = field(default_factory=Strangers)
    room: HookRoom = field(init=False)

    def __post_init__(self) -> None:
        bench, given = self.bench, settings(self.board)
        self.room = HookRoom(given)
        door = HookDoor(self.room, bench.store, bench.desks, self.strangers, lambda: bench.now)
        self.http = served(bench, self.strangers, hook_routes({ROOM: door}))
        self._said = 0

    def said(self, asked: Request, changes: Json | None = None) -> bytes:
        """That anna approves, but for what is changed."""
        self._said += 1
        answer: Json = {
            "event": f"e-{self._said}", "room": ROOM, "user": USERS["anna"], "request": asked.id,
            "digest": asked.digest, "kind": "approve", "reason": "",
        }  # fmt: skip
        return json.dumps(answer | (changes or {})).encode()

    def signed(self, body: bytes, secret: str = ANSWERS, after: timedelta = timedelta(0)) -> dict[str, str]:
        stamp = str(int((self.bench.now + after).timestamp()))
        return {"Fireline-Timestamp": stamp, "Fireline-Signature": signature(secret, stamp, body)}

    async def send(self, body: bytes, headers: dict[str, str] | None = None, name: str = ROOM) -> httpx.Response:
        return await self.http.post(f"/chat/webhook/{name}", content=body, headers=headers or self.signed(body))


def settings(shown: Board) -> HookSettings:
    return HookSettings(
        kind="webhook", name=ROOM, url=shown.url, secret="env:HOOK_SECRET", answers="env:ANSWERS_SECRET"
    )


@pytest.fixture
def desk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    monkeypatch.setenv("ANSWERS_SECRET", ANSWERS)
    with board() as shown:
        yield Desk(bench, shown)


async def test_from_the_card_to_the_release(desk: Desk) -> None:
    asked = await desk.asked()
    [card] = desk.board.cards().values()
    assert (card["open"], card["room"], card["items"][0]["digest"]) == (True, ROOM, asked.digest)  # type: ignore[index, call-overload]
    answer = await desk.send(desk.said(asked))
    assert (answer.status_code, answer.json()) == (200, {"accepted": True, "text": "counted: enough"})
    assert desk.votes(asked) == [("anna", "approve", f"chat/{ROOM}")]
    await desk.bench.respond(asked.incident_id)
    await desk.carry()
    [card] = desk.board.cards().values()
    assert (card["open"], desk.bench.request(asked.id).state) == (False, RequestState.HELD)
    assert "EXECUTED AND VERIFIED: L-0001 is in force" in [one["text"] for one in desk.board.of("line")]


async def test_without_a_good_signature_nothing_is_read(desk: Desk) -> None:
    asked = await desk.asked()
    body = desk.said(asked)
    wrongs: tuple[dict[str, str], ...] = (
        {"Fireline-Timestamp": "1"},
        desk.signed(body, secret=SECRET),
        desk.signed(body, secret="another-room-s"),
        desk.signed(body, after=-STRANGE),
        desk.signed(body, after=STRANGE),
        desk.signed(body.replace(b"approve", b"deny")),
        desk.signed(body.replace(b"U0ANNA", b"U0JONAS")),
        {**desk.signed(body), "Fireline-Timestamp": "-1"},
        {**desk.signed(body), "Fireline-Timestamp": "9" * 400},
    )
    for wrong in wrongs:
        answer = await desk.send(body, wrong)
        assert (answer.status_code, answer.content) == (401, b"")
    assert (desk.votes(asked), [one.count for one in desk.strangers.take()]) == ([], [len(wrongs)])


async def test_who_follows_a_link_votes_on_nothing(desk: Desk) -> None:
    asked = await desk.asked()
    body = desk.said(asked)
    for method, name in product(("GET", "HEAD", "PUT", "DELETE", "OPTIONS"), (ROOM, f"{ROOM}?{body.decode()}")):
        answer = await desk.http.request(method, f"/chat/webhook/{name}", headers=desk.signed(body))
        assert (answer.status_code, answer.content) == (401, b"")
    assert desk.votes(asked) == []


async def test_a_room_that_is_not_there_says_so_and_nothing_else(desk: Desk) -> None:
    asked = await desk.asked()
    body = desk.said(asked, {"room": "other"})
    for name in ("other", "", f"{ROOM}/further"):
        answer = await desk.send(body, name=name)
        assert (answer.status_code, answer.content) == (404, b"")


async def test_what_is_signed_for_another_room_with_the_same_secret_says_nothing_here(desk: Desk) -> None:
    asked = await desk.asked()
    assert (await desk.send(desk.said(asked, {"room": "other"}))).status_code == 401
    assert desk.votes(asked) == []


async def test_the_same_answer_counts_once_however_it_is_sent_again(desk: Desk) -> None:
    asked = await desk.asked()
    body = desk.said(asked)
    headers = desk.signed(body)
    first, replayed = await desk.send(body, headers), await desk.send(body, headers)
    again = await desk.send(body, desk.signed(body, after=SECOND))
    assert (first.json()["accepted"], replayed.status_code) == (True, 401)
    assert again.json() == {"text": "this was answered before"}
    assert len(desk.bench.entries("vote.cast")) == 1


async def test_what_was_sent_out_is_no_answer_that_can_be_sent_back(desk: Desk) -> None:
    asked = await desk.asked()
    body = json.dumps(desk.board.told[-1]).encode()
    assert (await desk.send(body)).status_code == 422
    assert desk.votes(asked) == []


@pytest.mark.parametrize(
    ("user", "why"),
    [
        (USERS["siem-bot"], "not counted: a bot may not vote"),
        (USERS["tom"], "not counted: requested this action"),
        ("eve", "nobody is known here as eve"),
        ("Anna Keller", "nobody is known here as Anna Keller"),
    ],
)
async def test_who_may_not_decide_is_told_why(desk: Desk, user: str, why: str) -> None:
    asked = await desk.asked()
    answer = (await desk.send(desk.said(asked, {"user": user}))).json()
    assert (answer["accepted"], answer["text"][: len(why)], desk.votes(asked)) == (False, why, [])


async def test_an_answer_to_another_request_or_digest_counts_for_nothing(desk: Desk) -> None:
    first, second = await desk.asked(), await desk.asked("10.20.16.115")
    crossed = (await desk.send(desk.said(first, {"digest": second.digest}))).json()
    nowhere = (await desk.send(desk.said(first, {"request": "AR-9999"}))).json()
    assert [one["accepted"] for one in (crossed, nowhere)] == [False, False]
    assert (desk.votes(first), desk.votes(second)) == ([], [])


async def test_a_denial_needs_its_reason(desk: Desk) -> None:
    asked = await desk.asked()
    without = (await desk.send(desk.said(asked, {"kind": "deny"}))).json()
    assert (without["text"], desk.votes(asked)) == ("not counted: a reason is needed", [])
    await desk.send(desk.said(asked, {"kind": "deny", "reason": "our own scanner"}))
    assert desk.votes(asked) == [("anna", "deny", f"chat/{ROOM}")]


async def test_for_a_second_after_a_change_of_the_card_nothing_is_counted(desk: Desk) -> None:
    asked = await desk.asked()
    await desk.bench.vote(asked.id, "jonas", "deny", "looks wrong")
    await desk.carry()
    answer = (await desk.send(desk.said(asked))).json()
    assert answer["text"].startswith("the card has only just changed")


async def test_fifty_at_once_are_each_counted_once(desk: Desk) -> None:
    asked = await desk.asked()
    answers = await asyncio.gather(*(desk.send(desk.said(asked)) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert (len(desk.votes(asked)), len(desk.bench.entries("vote.cast"))) == (1, 1)


async def test_a_yes_may_be_for_less_and_never_for_more(desk: Desk) -> None:
    asked = await desk.asked()
    more = (await desk.send(desk.said(asked, {"lease": "1h"}))).json()
    assert (more["accepted"], more["text"][:34]) == (False, "not counted: may be for less than ")
    await desk.send(desk.said(asked, {"lease": "5s"}))
    assert [vote.lease for vote in desk.bench.read(lambda tx: tx.votes.of(asked.id))] == [5 * SECOND]


async def test_an_answer_is_taken_back_within_its_minute(desk: Desk) -> None:
    asked = await desk.asked()
    await desk.send(desk.said(asked))
    assert (await desk.send(desk.said(asked, {"kind": "retract"}))).json() == {"accepted": True, "text": "taken back"}
    assert [vote.retracted_at is None for vote in desk.bench.read(lambda tx: tx.votes.of(asked.id))] == [False]


async def test_what_is_typed_shows_what_is_asked_to_who_is_known_and_changes_nothing(desk: Desk) -> None:
    asked = await desk.asked()
    said: Json = {"event": "t-1", "room": ROOM, "user": USERS["anna"], "text": "pending"}
    bodies = [
        json.dumps(one).encode() for one in (said, {**said, "user": "eve"}, {**said, "text": "enrol ABCD-EFGH-JKMN"})
    ]
    shown, unknown, guessed = [(await desk.send(body)).json() for body in bodies]
    assert shown["text"].startswith(f"{asked.id}: network.block_ip on 10.20.16.114, decide by ")
    assert unknown["text"].startswith("nobody is known here as eve")
    assert [one["accepted"] for one in (shown, unknown, guessed)] == [True, False, False]
    assert desk.votes(asked) == []


async def test_a_yes_at_tier_4_takes_its_code_which_is_kept_nowhere(desk: Desk) -> None:
    give_secret(desk.bench.settings.home)
    await desk.carry()
    found = await desk.bench.ask("tom", "host.isolate", "files-02")
    await desk.carry()
    await desk.bench.later(2 * SECOND)
    asked = desk.bench.requests(found.incident_id, "host.isolate")[-1]
    code = TOTP(TOTP_SECRET).at(desk.bench.now)
    answers = [await desk.send(desk.said(asked, {"reason": "lost", **more})) for more in ({}, {"code": code})]
    assert [answer.json()["accepted"] for answer in answers] == [False, True]
    kept = b"".join(file.read_bytes() for file in desk.bench.settings.home.glob("fireline.db*"))
    assert code.encode() not in kept


@pytest.mark.parametrize(
    "changes",
    [{"kind": "release"}, {"digest": "4f9a-03be"}, {"request": "L-1"}, {"event": ""}, {"a": 1}, {"reason": "x" * 5000}],
    ids=["kind", "digest", "request", "event", "more", "reason"],
)
async def test_what_is_no_answer_is_refused(desk: Desk, changes: Json) -> None:
    asked = await desk.asked()
    assert (await desk.send(desk.said(asked, changes))).status_code == 422
    assert desk.votes(asked) == []


async def test_a_secret_that_is_missing_closes_the_door_and_tells_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = await desk.asked()
    monkeypatch.delenv("ANSWERS_SECRET")
    answer = await desk.send(desk.said(asked))
    assert (answer.status_code, answer.content) == (401, b"")
