"""What an answer in Teams says besides a yes or a no: for how long."""

from pydantic import JsonValue

from console.chat.teams.cards import LEASE, SHORTER, field_id
from engine.control.chat_voting import NO_LENGTH
from engine.model.base import Json
from tests.console.chat.conftest import SECOND
from tests.console.chat.teams.conftest import PEOPLE, Meeting

ANNA = PEOPLE["anna"]


async def test_what_is_agreed_to_for_less_lasts_for_less(meeting: Meeting) -> None:
    asked = await meeting.asked()
    assert await meeting.press(ANNA, "Approve for less", lease="5s") == "counted: enough, for 5s"
    await meeting.bench.respond(asked.incident_id)
    holder = meeting.bench.read(lambda tx: tx.holders.get(asked.id))
    assert holder is not None and holder.expires_at == meeting.bench.now + 5 * SECOND


async def test_more_or_nonsense_or_nothing_counts_for_nothing(meeting: Meeting) -> None:
    asked = await meeting.asked()
    said = {typed: await meeting.press(ANNA, "Approve for less", lease=typed) for typed in ("1h", "soon", "-5m", "")}
    assert {typed: text[:21] for typed, text in said.items()} == {
        "1h": "not counted: may be f",
        "soon": NO_LENGTH[:21],
        "-5m": NO_LENGTH[:21],
        "": NO_LENGTH[:21],
    }
    assert meeting.votes(asked) == []


async def test_what_is_sent_again_with_more_time_does_not_widen_it(meeting: Meeting) -> None:
    asked = await meeting.asked()
    await meeting.press(ANNA, "Approve for less", lease="5s")
    assert await meeting.press(ANNA, "Approve for less", lease="15s") == "not counted: has voted already"
    [vote] = meeting.bench.read(lambda tx: tx.votes.of(asked.id))
    assert vote.lease == 5 * SECOND


async def test_a_time_that_was_typed_beside_another_button_is_not_this_one_s(meeting: Meeting) -> None:
    asked = await meeting.asked()
    data: Json = {"request": asked.id, "digest": asked.digest, field_id(LEASE, SHORTER, asked.id): "5s"}
    value: JsonValue = {"action": {"verb": "approve", "data": data}, "trigger": "manual"}
    answer = await meeting.send(meeting.pressed(ANNA, changes={"value": value}))
    assert answer.json()["value"] == "counted: enough"
    [vote] = meeting.bench.read(lambda tx: tx.votes.of(asked.id))
    assert vote.lease is None
