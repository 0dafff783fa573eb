"""What is typed after `/fireline` is done for whom it is done at any other door, once, and recorded with the room."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.control.enrolment import PROVING
from engine.model.freeze import Freeze
from engine.model.request import Request
from tests.console.chat.conftest import MINUTE, SECOND, USERS, Chat, enrol
from tests.console.chat.slack.emulator import TEAM, spoken
from tests.console.chat.slack.test_permissions import NOBODY, VERA, enrolled

REASON = "not done: say why as well: /fireline release {} and the reason"
ANNA, TOM, SAMIR = USERS["anna"], USERS["tom"], USERS["samir"]


def typed(user: str, text: str, trigger: str = "t") -> bytes:
    return f"team_id={TEAM}&user_id={user}&text={text}&command=/fireline&trigger_id={trigger}".encode()


async def say(chat: Chat, user: str, text: str) -> str:
    """Type it; what only they are shown."""
    answer = (await chat.send("commands", typed(user, text, f"{chat.bench.now}{text}{user}"))).json()
    assert answer["response_type"] == "ephemeral"
    return str(answer["text"])


async def in_force(chat: Chat) -> tuple[Request, str]:
    """A block that anna approved, and its lease."""
    asked = await chat.asked()
    await chat.press(ANNA)
    await chat.bench.respond(asked.incident_id)
    held = chat.bench.request(asked.id)
    assert held.lease_id is not None
    return held, held.lease_id


async def test_an_effect_is_taken_back_with_a_reason_by_who_may(chat: Chat) -> None:
    held, lease = await in_force(chat)
    assert await say(chat, ANNA, f"release {lease}") == REASON.format(lease)
    assert await say(chat, ANNA, f"release {lease} our own scanner") == f"{lease} is taken back"
    await chat.bench.settle(held.incident_id)
    assert await chat.bench.standing() == []
    [left] = chat.bench.entries("lease.left")
    [ordered] = chat.bench.entries("chat.ordered")
    assert (left.actor, left.body["reason"]) == ("anna", "our own scanner")
    assert (ordered.subject, ordered.actor, ordered.body["channel"]) == (f"lease/{lease}", "anna", "chat/soc")


async def test_an_effect_is_released_by_the_name_of_its_request_which_the_card_says(chat: Chat) -> None:
    waits = await chat.asked("10.20.16.115")
    assert f"TYPE  /fireline show {waits.id} · /fireline release {waits.id} and why" in spoken(chat.slack.cards[0])
    assert (await say(chat, ANNA, f"release {waits.id} ours")).startswith(f"not done: {waits.id} has no effect: it is ")
    held, lease = await in_force(chat)
    assert await say(chat, ANNA, f"release {held.id} our own scanner") == f"{lease} is taken back"
    await chat.bench.settle(held.incident_id)
    assert await chat.bench.standing() == []


async def test_a_freeze_is_typed_twice_acts_and_is_explained_afterwards(chat: Chat) -> None:
    told = await say(chat, ANNA, "freeze global 30")
    assert chat.bench.entries("freeze.set") == []
    again = told.rpartition("To do it: /fireline ")[2]
    assert (await say(chat, ANNA, again)).startswith("frozen: global until ")
    [frozen] = chat.bench.entries("freeze.set")
    assert (frozen.actor, frozen.body["reason"]) == ("anna", "")
    assert frozen.body["until"] == (chat.bench.now + 30 * MINUTE).isoformat()
    assert await say(chat, ANNA, "why global the backup runs amok") == "explained: global"
    assert [one.body["reason"] for one in chat.bench.entries("freeze.explained")] == ["the backup runs amok"]
    assert [(one.subject, one.actor) for one in chat.bench.entries("chat.ordered")] == [("freeze", "anna")] * 2


async def test_a_freeze_ends_by_the_room_s_clock(chat: Chat) -> None:
    chat.room.settings = chat.room.settings.model_copy(update={"timezone": "Europe/Zurich"})
    again = (await say(chat, ANNA, "freeze global 30")).rpartition("To do it: /fireline ")[2]
    until = (chat.bench.now + 30 * MINUTE).astimezone(ZoneInfo("Europe/Zurich"))
    assert (await say(chat, ANNA, again)).startswith(f"frozen: global until {until:%d %b %H:%M:%S %Z}. Say why: ")


async def test_what_is_frozen_until_somebody_lifts_it_is_told_so(chat: Chat) -> None:
    endless = Freeze(scope="global", principal="restore", reason="restored", since=chat.bench.now)
    await chat.bench.write(lambda tx: tx.freezes.put(endless))
    again = (await say(chat, ANNA, "freeze global 30")).rpartition("To do it: /fireline ")[2]
    assert (await say(chat, ANNA, again)).startswith("frozen: global until somebody lifts it. Say why")


async def test_a_freeze_is_confirmed_by_whom_and_as_it_was_typed_and_not_for_ever(chat: Chat) -> None:
    word = (await say(chat, ANNA, "freeze global 30")).rpartition(" ")[2]
    for user, text in ((TOM, f"freeze global 30 {word}"), (ANNA, f"freeze global 60 {word}"), (ANNA, "freeze x y z")):
        assert "not done: " in await say(chat, user, text)
    assert "this is not the word" in await say(chat, ANNA, f"freeze connector:sim 30 {word}")
    await chat.bench.later(10 * MINUTE)
    assert "or no longer" in await say(chat, ANNA, f"freeze global 30 {word}")
    assert chat.bench.entries("freeze.set") == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("freeze everything", "unknown freeze scope `everything`"),
        ("freeze global 0 yes-0000", "this is not the word"),
        ("freeze action:no.such", "there is no action `no.such`"),
        ("why global because", "nothing is frozen under `global`"),
        ("release L-9999 gone", "there is no lease `L-9999`"),
        ("release", REASON.format("L-…")),
        ("why global", "say why as well: /fireline why global and the reason"),
    ],
)
async def test_what_cannot_be_done_is_told_to_who_typed_it(chat: Chat, text: str, why: str) -> None:
    assert why in await say(chat, ANNA, text)
    assert (chat.bench.entries("chat.ordered"), chat.slack.messages) == ([], [])


@pytest.mark.parametrize("user", [VERA, NOBODY])
async def test_who_may_not_elsewhere_may_not_here_and_it_is_an_entry(chat: Chat, user: str) -> None:
    await enrolled(chat)
    held, lease = await in_force(chat)
    orders = [f"release {lease} now", "freeze global 30", "why global so"]
    assert ["it takes the permission" in await say(chat, user, text) for text in orders] == [True] * 3
    assert [one.kind for one in chat.bench.entries("door.refused")] == ["door.refused"] * 3
    assert chat.bench.request(held.id).state == "held"


async def test_who_was_written_in_just_now_has_nothing_done(chat: Chat) -> None:
    _, lease = await in_force(chat)
    enrol(chat.bench.settings.home, {"lena": "U0LENA"})
    people = chat.bench.settings.home / "people.yaml"
    people.write_text(people.read_text().replace("roles: [viewer, approver]", "roles: [viewer, responder]"))
    assert "known in this room since" in await say(chat, "U0LENA", f"release {lease} mine")
    [refused] = chat.bench.entries("door.refused")
    assert (refused.actor, refused.body["asked"]) == ("lena", f"chat/soc: release {lease} mine")
    await chat.bench.later(PROVING)
    assert await say(chat, "U0LENA", f"release {lease} mine") == f"{lease} is taken back"


async def test_a_stranger_has_nothing_done_and_is_counted(chat: Chat) -> None:
    _, lease = await in_force(chat)
    orders = (f"release {lease} x", "freeze global", "retract AR-0001")
    assert [(await say(chat, "U0EVE", text))[:6] for text in orders] == ["nobody"] * 3
    assert [(one.source, one.count) for one in chat.strangers.take()] == [("soc/U0EVE", 3)]
    assert chat.bench.entries("chat.ordered") == []


async def test_an_answer_is_taken_back_within_the_minute(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.press(ANNA)
    assert await say(chat, SAMIR, f"retract {asked.id}") == "not taken back: has no vote to take back"
    assert await say(chat, ANNA, f"retract {asked.id}") == "taken back"
    [back] = chat.bench.entries("vote.retracted")
    assert (back.actor, back.body["channel"]) == ("anna", "chat/soc")
    assert await say(chat, ANNA, "retract AR-9999") == "there is no such request"


async def test_after_the_minute_it_stays(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.press(ANNA, "Deny…")
    await chat.submit(ANNA, "slipped")
    await chat.bench.later(timedelta(minutes=1))
    assert "for 1m only" in await say(chat, ANNA, f"retract {asked.id}")
    assert [vote.retracted_at for vote in chat.bench.read(lambda tx: tx.votes.of(asked.id))] == [None]


async def test_an_order_that_is_replayed_to_a_fresh_engine_is_not_done_again(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.press(ANNA)
    body = typed(ANNA, f"retract {asked.id}")
    headers = chat.signed(body)
    await chat.send("commands", body, **headers)
    await chat.bench.later(SECOND)
    await chat.bench.vote(asked.id, "anna", digest=asked.digest)
    fresh = Chat(chat.bench, chat.slack, chat.room)
    assert (await fresh.send("commands", body, **headers)).json()["text"] == "this was heard before"
    assert [vote.retracted_at for vote in chat.bench.read(lambda tx: tx.votes.of(asked.id))] == [None]


async def test_an_incident_is_shown_with_what_became_of_it(chat: Chat) -> None:
    held, _ = await in_force(chat)
    said = await say(chat, ANNA, f"incident {held.incident_id}")
    assert said.startswith(f"{held.incident_id}: network[.]block_ip 10.20.16.114: seen, severity ")
    assert f"\n{held.id}: network.block_ip on 10.20.16.114: held: approved by anna for " in said
    assert (await say(chat, ANNA, "incident INC-9999")).startswith("there is no such incident")


@pytest.mark.parametrize("text", ["help", "leases release L-0001", "pending now"])
async def test_what_is_no_command_is_told_which_there_are_as_they_are_typed(chat: Chat, text: str) -> None:
    told = (await say(chat, ANNA, text)).split(" · ")
    assert all(one.startswith("/fireline ") for one in told)
    assert "/fireline release L-… or AR-… and why" in told
