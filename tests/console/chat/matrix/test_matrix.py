"""Approvals in a room of a real homeserver: cards, answers, threads, and a homeserver that goes away and comes back."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from console.chat.matrix.listener import Listener
from console.chat.matrix.room import MatrixRoom
from console.strangers import Strangers
from engine.approvals import SHOWN
from engine.control.enrolment import PROVING, note_enrolments
from engine.errors import TargetUnavailable
from engine.model.chat import MatrixSettings, Thread
from engine.model.request import Request, RequestState
from tests.bench import Bench
from tests.console.chat.beside import Beside
from tests.console.chat.conftest import SECOND
from tests.console.chat.matrix.homeserver import PEOPLE, Homeserver, Place, meeting

ROOM = "ops"


@dataclass
class Talk(Beside):
    """What goes to a room of the homeserver, and what is heard there."""

    bench: Bench
    place: Place
    strangers: Strangers = field(default_factory=Strangers)
    room: MatrixRoom = field(init=False)

    def __post_init__(self) -> None:
        bench, self.room = self.bench, MatrixRoom(settings(self.place))
        self.listener = Listener(self.room, bench.store, bench.desks, self.strangers, lambda: bench.now)

    async def asked(self, target: str = "10.20.16.114") -> Request:
        await self.listener.listen()
        return await super().asked(target)

    async def say(self, user: str, body: str, **more: object) -> None:
        self.place.say(user, body, **more)
        await self.listener.listen()
        await self.listener.settled()

    def told(self, user: str) -> list[str]:
        return self.place.told(user)


def settings(place: Place) -> MatrixSettings:
    return MatrixSettings(
        kind="matrix", name=ROOM, room=place.id, url=place.server.url, access_token="env:MATRIX_TOKEN"
    )


@pytest.fixture
async def talk(bench: Bench, server: Homeserver, monkeypatch: pytest.MonkeyPatch) -> Talk:
    monkeypatch.setenv("MATRIX_TOKEN", server.users["fireline"])
    file = bench.settings.home / "people.yaml"
    for name in ("anna", "jonas"):
        text = file.read_text()
        file.write_text(text.replace(f"soc: U0{name.upper()}", f'soc: U0{name.upper()}, {ROOM}: "@{name}:localhost"'))
    await bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING))
    return Talk(bench, meeting(server, *PEOPLE))


def digest(request: Request) -> str:
    assert request.digest is not None
    return request.digest[:SHOWN]


async def test_from_the_card_to_the_release(talk: Talk) -> None:
    asked = await talk.asked()
    [card] = talk.place.cards()
    assert str(card["body"]).startswith("SIMULATED SITE · TIER 3 · 1 approval")
    assert f"approve {digest(asked)[:4]}-{digest(asked)[4:]}" in str(card["body"])
    await talk.say("anna", f"approve {digest(asked)}")
    assert talk.votes(asked) == [("anna", "approve", "chat/ops")]
    await talk.bench.respond(asked.incident_id)
    await talk.carry()
    assert talk.bench.request(asked.id).state is RequestState.HELD
    shown = talk.place.shown(str(card["id"]))
    assert shown.splitlines()[0] == "SIMULATED SITE · TIER 3 · HELD"
    assert "ANSWER" not in shown
    for lease in talk.bench.read(lambda tx: tx.leases.live()):
        await talk.bench.later(timedelta(hours=9))
        await talk.bench.carry(lease.key)
    await talk.carry()
    said = talk.place.thread(str(card["id"]))
    assert (said[0][:5], said[1], said[-1]) == ("asked", "anna approves", "RELEASED: L-0001 is over")


async def test_only_an_answer_to_what_is_asked_by_whom_it_takes_counts(talk: Talk) -> None:
    first, second = await talk.asked(), await talk.asked("10.20.16.115")
    said = talk.place.say("anna", "approve everything")
    edit = {"m.relates_to": {"rel_type": "m.replace", "event_id": said}}
    await talk.say("anna", f"please approve {digest(first)}")
    await talk.say("anna", f"approve {digest(first)}", msgtype="m.notice")
    await talk.say("anna", f"* approve {digest(first)}", **edit)
    await talk.say("anna", f"approve {digest(first)}", **edit)
    await talk.say("anna", "approve 0000-0000")
    await talk.say("jonas", f"deny {digest(second)}")
    await talk.say("eve", f"approve {digest(second)}", displayname="Anna Keller")
    assert (talk.votes(first), talk.votes(second)) == ([], [])
    assert talk.told("anna")[-1:] == ["not counted: nothing that is asked here now has this digest"]
    assert talk.told("jonas")[-1:] == ["not counted: a reason is needed"]
    assert talk.told("eve")[-1].startswith("nobody is known here as @eve:localhost")
    assert [one.source for one in talk.strangers.take()] == ["ops/@eve:localhost"]
    await talk.say(
        "jonas", f"> <@fireline:localhost> card\n\nDENY {digest(second)[:4]}-{digest(second)[4:]}: our scanner"
    )
    assert talk.votes(second) == [("jonas", "deny", "chat/ops")]
    [vote] = talk.bench.read(lambda tx: tx.votes.of(second.id))
    assert vote.reason == "our scanner"


async def test_one_person_counts_once_whatever_the_room(talk: Talk) -> None:
    asked = await talk.asked()
    await talk.bench.vote(asked.id, "anna", digest=asked.digest)
    await talk.say("anna", f"deny {digest(asked)} I changed my mind")
    assert talk.votes(asked) == [("anna", "approve", "test")]
    assert talk.told("anna")[-1] == "not counted: has voted already"


async def test_what_was_said_while_nobody_listened_is_heard_once(talk: Talk) -> None:
    asked = await talk.asked()
    for number in range(120):
        talk.place.say("eve", f"chatter {number}")
    talk.place.say("anna", f"approve {digest(asked)}")
    again = Talk(talk.bench, talk.place)
    await again.listener.listen()
    await again.listener.listen()
    assert (len(talk.votes(asked)), talk.bench.entries("vote.refused")) == (1, [])


async def test_the_same_key_twice_is_one_message(talk: Talk) -> None:
    await talk.asked()
    ref = str(talk.place.cards()[0]["id"])
    await talk.room.reply("a-key", ref, "said")
    await talk.room.reply("a-key", ref, "said")
    assert talk.place.thread(ref).count("said") == 1


async def test_a_card_that_somebody_redacted_is_put_there_again(talk: Talk, server: Homeserver) -> None:
    asked = await talk.asked()
    card = str(talk.place.cards()[0]["id"])
    server.ask("PUT", f"rooms/{talk.place.id}/redact/{card}/once", {}, by="fireline")
    await talk.bench.vote(asked.id, "jonas", "deny", "not now")
    for _ in range(3):
        await talk.carry()
        await talk.bench.later(2 * SECOND)
    last = talk.place.cards()[-1]
    assert (last["id"] != card, "jonas NO" in str(last["body"])) == (True, True)


async def test_what_is_asked_under_the_same_number_after_a_backup_was_put_back_has_a_card_of_its_own(
    talk: Talk,
) -> None:
    asked = await talk.asked()
    first = str(talk.place.cards()[0]["id"])
    other = asked.model_copy(update={"digest": "0" * 64, "reason": "something else"})
    thread = Thread(room=ROOM, request_id=asked.id)
    await talk.bench.write(lambda tx: tx.requests.save(other, asked.state))
    await talk.bench.write(lambda tx: tx.threads.save(thread))
    await talk.courier.deliver()
    cards = talk.place.cards()
    assert (len(cards), "something else" in talk.place.shown(first)) == (2, False)
    assert "something else" in str(cards[-1]["body"])


async def test_a_homeserver_that_restarts_gets_everything_and_is_heard_again(talk: Talk, server: Homeserver) -> None:
    await talk.asked()
    server.stop()
    second = await talk.bench.ask("tom", target="10.20.16.115")
    await talk.carry()
    with pytest.raises(TargetUnavailable):
        await talk.listener.listen()
    server.start()
    await talk.bench.later(2 * SECOND)
    await talk.carry()
    assert [second.id in str(card["body"]) for card in talk.place.cards()] == [False, True]
    await talk.say("anna", f"approve {digest(talk.bench.request(second.id))}")
    assert len(talk.votes(second)) == 1


async def test_it_says_where_it_can_work_and_where_not(talk: Talk, server: Homeserver) -> None:
    assert await talk.room.health() == f"@fireline:localhost in {talk.place.id}"
    path = f"rooms/{talk.place.id}/state/m.room.encryption/"
    server.ask("PUT", path, {"algorithm": "m.megolm.v1.aes-sha2"}, by="fireline")
    with pytest.raises(Exception, match="is encrypted"):
        await talk.room.health()


async def test_a_yes_for_less_and_one_that_is_taken_back(talk: Talk) -> None:
    asked = await talk.asked()
    await talk.say("anna", f"approve {digest(asked)} for 1h")
    assert talk.told("anna")[-1].startswith("not counted: may be for less than the")
    await talk.say("anna", f"approve {digest(asked)} for 5s briefly")
    await talk.say("anna", f"retract {digest(asked)}")
    [vote] = talk.bench.read(lambda tx: tx.votes.of(asked.id))
    assert (vote.lease, vote.reason, vote.retracted_at) == (5 * SECOND, "briefly", talk.bench.now)
    [back] = talk.bench.entries("vote.retracted")
    assert (back.actor, back.body["channel"]) == ("anna", "chat/ops")


async def test_a_yes_for_a_time_that_is_not_understood_is_none_and_says_so(talk: Talk) -> None:
    asked = await talk.asked()
    await talk.say("anna", f"approve {digest(asked)} for half an hour")
    assert talk.votes(asked) == []
    assert talk.told("anna")[-1].startswith("not counted: it does not say for how long")


async def test_a_message_that_is_heard_again_takes_no_later_answer_back(talk: Talk) -> None:
    asked = await talk.asked()
    place = await talk.room.place()
    await talk.say("anna", f"approve {digest(asked)}")
    await talk.say("anna", f"retract {digest(asked)}")
    await talk.bench.vote(asked.id, "anna", digest=asked.digest)
    await talk.room.keep(place)
    await talk.listener.listen()
    assert [vote.retracted_at for vote in talk.bench.read(lambda tx: tx.votes.of(asked.id))] == [None]


async def test_nobody_takes_back_what_somebody_else_answered_nor_after_the_minute(talk: Talk) -> None:
    asked = await talk.asked()
    await talk.say("anna", f"deny {digest(asked)} no")
    await talk.say("jonas", f"retract {digest(asked)}")
    await talk.bench.later(timedelta(minutes=1))
    await talk.say("anna", f"retract {digest(asked)}")
    assert talk.told("jonas")[-1] == "not taken back: has no vote to take back"
    assert talk.told("anna")[-1] == "not taken back: a vote can be taken back for 1m only"


async def test_a_room_is_no_place_for_a_code(talk: Talk) -> None:
    secret = talk.bench.settings.home / "anna.totp"
    secret.write_text(f"{'A' * 32}\n")
    secret.chmod(0o600)
    file = talk.bench.settings.home / "people.yaml"
    file.write_text(file.read_text().replace("  anna:\n", f"  anna:\n    totp: file:{secret}\n", 1))
    found = await talk.bench.ask("tom", "host.isolate", "files-02")
    await talk.carry()
    asked = talk.bench.requests(found.incident_id, "host.isolate")[-1]
    await talk.say("anna", f"approve {digest(asked)} code 123456 the server is lost")
    assert talk.told("anna")[-1].endswith(f"answer at the console: fireline approvals approve {asked.id} --code")
    [refused] = talk.bench.entries("vote.refused")
    assert "123456" not in str(refused.body)
    assert talk.votes(asked) == []
