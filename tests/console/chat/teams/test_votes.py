"""Answers from Teams count where they should, once, and nowhere else."""

import asyncio

from pydantic import JsonValue

from engine.model.base import Json
from engine.model.request import RequestState
from tests.console.chat.conftest import MINUTE, SECOND
from tests.console.chat.teams.conftest import EVE, PEOPLE, Meeting
from tests.console.chat.teams.emulator import CHANNEL, OBJECT, buttons, spoken
from tests.console.chat.test_heard_again import standing, take_back

APPROVED = ("anna", "approve", "chat/teams")


async def test_from_the_card_to_the_effect(meeting: Meeting) -> None:
    asked = await meeting.asked()
    [card] = meeting.teams.cards
    assert spoken(card).startswith("SIMULATED SITE · TIER 3 · 1 approval")
    assert await meeting.press(PEOPLE["anna"]) == "counted: enough"
    await meeting.bench.respond(asked.incident_id)
    await meeting.carry()
    assert meeting.bench.request(asked.id).state is RequestState.HELD
    [card] = meeting.teams.cards
    assert (buttons(card), await meeting.bench.standing()) == ({}, ["network.block_ip"])
    said = meeting.teams.thread(card["id"])
    assert [line for line in said if line.startswith("anna")] == [line for line in said if "approve" in line][:1]


async def test_a_denial_is_given_with_its_reason_on_the_card_itself(meeting: Meeting) -> None:
    asked = await meeting.asked()
    assert await meeting.press(PEOPLE["anna"], "Deny") == "not counted: a reason is needed"
    assert (await meeting.press(PEOPLE["anna"], "Deny", reason="our own scanner")).startswith("counted: ")
    assert meeting.votes(asked) == [("anna", "deny", "chat/teams")]
    assert [vote.reason for vote in meeting.bench.read(lambda tx: tx.votes.of(asked.id))] == ["our own scanner"]


async def test_who_may_not_decide_is_told_why_alone(meeting: Meeting) -> None:
    asked = await meeting.asked()
    why = {
        PEOPLE["siem-bot"]: "not counted: a bot may not vote",
        PEOPLE["tom"]: "not counted: requested this action, so may not decide it",
        EVE: f"nobody is known here as {EVE}",
    }
    assert {user: (await meeting.press(user))[: len(said)] for user, said in why.items()} == why
    assert (meeting.votes(asked), meeting.teams.whispers) == ([], [])


async def test_a_stranger_is_counted_and_makes_no_entry(meeting: Meeting) -> None:
    await meeting.asked()
    await meeting.press(EVE)
    assert [(one.source, one.count) for one in meeting.strangers.take()] == [(f"teams/{EVE}", 1)]
    assert meeting.bench.entries("vote.refused") == []


async def test_a_name_that_somebody_gives_themselves_says_nothing(meeting: Meeting) -> None:
    asked = await meeting.asked()
    for name in ("Anna Keller", "anna", "Аnna Keller", PEOPLE["anna"]):
        sender: JsonValue = {"id": f"29:{name}", "aadObjectId": EVE, "name": name, "userPrincipalName": name}
        said = (await meeting.send(meeting.pressed(EVE, changes={"from": sender}))).json()["value"]
        assert said.startswith(f"nobody is known here as {EVE}")
    assert meeting.votes(asked) == []


async def test_bots_and_who_is_not_in_the_directory_answer_nothing(meeting: Meeting) -> None:
    asked = await meeting.asked()
    senders: list[JsonValue] = [
        {"id": "28:a-bot", "aadObjectId": PEOPLE["anna"], "name": "Anna"},
        {"id": f"29:{PEOPLE['anna']}", "name": "Anna"},
        {"id": PEOPLE["anna"], "aadObjectId": "anna"},
    ]
    bodies = [meeting.pressed(EVE, changes={"from": sender}) for sender in senders]
    assert [(await meeting.send(body)).status_code for body in bodies] == [422, 422, 422]
    assert meeting.votes(asked) == []


async def test_one_person_counts_once_whatever_the_channel(meeting: Meeting) -> None:
    asked = await meeting.asked()
    await meeting.bench.vote(asked.id, "anna", digest=asked.digest)
    assert await meeting.press(PEOPLE["anna"]) == "not counted: has voted already"
    assert meeting.votes(asked) == [("anna", "approve", "test")]


async def test_fifty_at_once_are_each_counted_once(meeting: Meeting) -> None:
    asked = await meeting.asked()
    answers = await asyncio.gather(*(meeting.send(meeting.pressed(PEOPLE["anna"])) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert (meeting.votes(asked), len(meeting.bench.entries("vote.cast"))) == ([APPROVED], 1)


async def test_a_body_changed_to_another_request_or_digest_counts_for_nothing(meeting: Meeting) -> None:
    first, second = await meeting.asked(), await meeting.asked("10.20.16.115")
    card = meeting.teams.cards[0]
    for data in ({"request": second.id, "digest": second.digest}, {"request": first.id, "digest": second.digest}):
        value: JsonValue = {"action": {"verb": "approve", "data": {**data}}, "trigger": "manual"}
        changed = meeting.pressed(PEOPLE["anna"], changes={"value": value}, card=card)
        said = (await meeting.send(changed)).json()["value"]
        assert said.startswith(("this is not the card of that request", "not counted: "))
    assert (meeting.votes(first), meeting.votes(second)) == ([], [])


async def test_a_button_that_is_no_answer_of_ours_is_refused(meeting: Meeting) -> None:
    asked = await meeting.asked()
    good: Json = {"request": asked.id, "digest": asked.digest}
    wrongs: list[JsonValue] = [
        {"action": {"verb": "release", "data": good}},
        {"action": {"verb": "approve", "data": {**good, "digest": "zz"}}},
        {"action": {"verb": "approve", "data": {**good, "request": "AR-1; drop"}}},
        {"action": {"verb": "approve", "data": good}, "trigger": "automatic"},
        {"action": "approve"},
        "approve",
    ]
    bodies = [meeting.pressed(PEOPLE["anna"], changes={"value": value}) for value in wrongs]
    bodies.append(meeting.pressed(PEOPLE["anna"], changes={"conversation": {"id": f"{CHANNEL}x;messageid=1"}}))
    assert {(await meeting.send(body)).status_code for body in bodies} == {422}
    assert meeting.votes(asked) == []


async def test_what_else_happens_in_teams_is_heard_and_changes_nothing(meeting: Meeting) -> None:
    asked = await meeting.asked()
    others: list[Json] = [
        {"type": "message", "name": None, "value": None, "text": f"approve {asked.digest}"},
        {"type": "invoke", "name": "composeExtension/queryLink"},
        {"type": "messageReaction", "name": None},
    ]
    for other in others:
        answer = await meeting.send(meeting.pressed(PEOPLE["anna"], changes=other))
        assert (answer.status_code, answer.json()) == (200, {})
    assert meeting.votes(asked) == []


async def test_an_answer_within_a_second_of_an_edit_is_for_what_stood_there_before(meeting: Meeting) -> None:
    await meeting.carry()
    asked = await meeting.bench.ask("tom", target="10.20.16.114")
    await meeting.carry()
    assert (await meeting.press(PEOPLE["anna"])).startswith("the card has only just changed")
    await meeting.bench.later(SECOND)
    assert await meeting.press(PEOPLE["anna"]) == "counted: enough"
    assert meeting.votes(meeting.bench.request(asked.id)) == [APPROVED]


async def test_a_vote_that_was_taken_back_stays_so_where_its_callback_is_replayed(meeting: Meeting) -> None:
    asked = await meeting.asked()
    body = meeting.pressed(PEOPLE["anna"])
    assert (await meeting.send(body)).json()["value"] == "counted: enough"
    await take_back(meeting.bench, asked, "anna")
    fresh = Meeting(meeting.bench, meeting.teams)
    assert (await fresh.send(body)).json()["value"] == "this was answered before"
    assert (standing(meeting.bench, asked), meeting.bench.entries("vote.refused")) == ([], [])


async def test_an_answer_after_the_decision_counts_for_nothing(meeting: Meeting) -> None:
    asked = await meeting.asked()
    card = {**meeting.teams.cards[-1]}
    await meeting.press(PEOPLE["jonas"], "Deny", reason="no")
    await meeting.bench.later(2 * MINUTE)
    await meeting.bench.respond(asked.incident_id)
    assert (await meeting.press(PEOPLE["anna"], card=card)).startswith("not counted: ")
    assert [who for who, _, _ in meeting.votes(asked)] == ["jonas"]


async def test_who_is_known_by_another_spelling_of_the_object_id_is_the_same(meeting: Meeting) -> None:
    asked = await meeting.asked()
    user = OBJECT.format(1).upper()
    await meeting.press(user)
    assert meeting.votes(asked) == [APPROVED]
