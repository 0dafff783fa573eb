"""Answers from Slack count where they should, once, and nowhere else."""

import asyncio
import json
from pathlib import Path

import pytest

from engine.control.enrolment import PROVING
from engine.model.request import RequestState
from tests.console.chat.conftest import MINUTE, ROOM, SECOND, USERS, Chat, enrol, form
from tests.console.chat.slack.emulator import TEAM, Trouble, buttons, spoken

APPROVED = ("anna", "approve", "chat/soc")


async def test_one_touch_of_an_approver_counts_and_what_was_approved_is_what_happens(chat: Chat) -> None:
    asked = await chat.asked()
    answer = await chat.press(USERS["anna"])
    assert (answer.status_code, answer.json()) == (200, {})
    assert (chat.votes(asked), chat.whispered) == ([APPROVED], [("U0ANNA", "counted: enough")])
    await chat.bench.respond(asked.incident_id)
    assert chat.bench.request(asked.id).state is RequestState.HELD
    assert await chat.bench.standing() == ["network.block_ip"]


async def test_a_vote_that_slack_never_hears_of_counts_all_the_same(chat: Chat) -> None:
    asked = await chat.asked()
    chat.slack.troubles["chat.postEphemeral"] = [Trouble(503)]
    assert (await chat.press(USERS["anna"])).status_code == 200
    assert (chat.votes(asked), chat.whispered) == ([APPROVED], [])


async def test_a_denial_asks_for_its_reason_first_and_counts_with_it(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.press(USERS["anna"], "Deny…")
    assert (chat.votes(asked), len(chat.slack.views)) == ([], 1)
    refused = (await chat.submit(USERS["anna"], "  ")).json()
    assert refused == {"response_action": "errors", "errors": {"reason": "not counted: a reason is needed"}}
    assert (await chat.submit(USERS["anna"], "the scanner's address")).json() == {}
    assert chat.votes(asked) == [("anna", "deny", "chat/soc")]
    back = f"/fireline retract {asked.id} takes it back"
    assert chat.whispered[-1] == (USERS["anna"], f"counted: denied; within a minute: {back}")
    await chat.bench.later(2 * MINUTE)
    await chat.bench.respond(asked.incident_id)
    assert chat.bench.request(asked.id).state is RequestState.REJECTED


@pytest.mark.parametrize(
    ("user", "why"),
    [
        ("U0BOT", "not counted: a bot may not vote"),
        ("U0TOM", "not counted: requested this action, so may not decide it"),
        ("U0EVE", "nobody is known here as U0EVE"),
    ],
)
async def test_who_may_not_decide_is_told_why_alone(chat: Chat, user: str, why: str) -> None:
    asked = await chat.asked()
    assert (await chat.press(user)).status_code == 200
    assert chat.votes(asked) == []
    [(told, said)] = chat.whispered
    assert (told, said[: len(why)]) == (user, why)


async def test_who_approves_what_somebody_denied_is_not_told_that_it_is_done(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.bench.vote(asked.id, "jonas", "deny", "our backup")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    await chat.press(USERS["anna"])
    said = "counted, but jonas said no: nothing is done unless that is taken back within 58s"
    assert chat.whispered == [(USERS["anna"], said)]
    assert "DENIED BY jonas, final at " in spoken(chat.slack.cards[-1])
    await chat.bench.later(MINUTE)
    await chat.bench.respond(asked.incident_id)
    assert chat.bench.request(asked.id).state == "rejected"


async def test_a_stranger_is_told_how_to_enrol_and_counted_and_makes_no_entry(chat: Chat) -> None:
    await chat.asked()
    before = len(chat.bench.entries("vote.refused"))
    await chat.press("U0EVE", "Deny…")
    assert "`fireline people enrol soc`" in chat.whispered[0][1]
    assert chat.slack.views == []
    assert [(one.source, one.count) for one in chat.strangers.take()] == [("soc/U0EVE", 1)]
    assert len(chat.bench.entries("vote.refused")) == before


async def test_a_name_that_somebody_gives_themselves_says_nothing(chat: Chat) -> None:
    asked = await chat.asked()
    user = {"id": "U0EVE", "username": "anna", "name": "Anna Keller", "team_id": TEAM}
    await chat.send("interactions", chat.pressed("U0EVE", "Approve", user=user))
    assert chat.votes(asked) == []


async def test_the_account_acted_on_does_not_decide(chat: Chat) -> None:
    file = chat.bench.settings.home / "people.yaml"
    text = file.read_text()
    file.write_text(text.replace("[akeller]", "[akeller, 10.20.16.114]"))
    assert text != file.read_text()
    asked = await chat.asked()
    await chat.press(USERS["anna"])
    assert chat.votes(asked) == []
    assert chat.whispered == [("U0ANNA", "not counted: is the account acted on")]


async def test_one_person_counts_once_whatever_the_channel(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.bench.vote(asked.id, "anna", digest=asked.digest)
    await chat.press(USERS["anna"])
    await chat.press(USERS["anna"], "Deny…")
    await chat.submit(USERS["anna"], "on second thoughts")
    assert chat.votes(asked) == [("anna", "approve", "test")]
    assert chat.whispered == [("U0ANNA", "not counted: has voted already")]


async def test_an_answer_after_the_deadline_or_the_decision_counts_for_nothing(chat: Chat) -> None:
    asked = await chat.asked()
    assert asked.deadline is not None
    await chat.bench.later(asked.deadline - chat.bench.now)
    await chat.press(USERS["anna"])
    await chat.bench.respond(asked.incident_id)
    await chat.press(USERS["anna"])
    assert chat.votes(asked) == []
    assert [said[:32] for _, said in chat.whispered] == [
        "not counted: the deadline has pa",
        "not counted: nobody is asked any",
    ]


async def test_an_answer_to_another_digest_or_another_card_counts_for_nothing(chat: Chat) -> None:
    first = await chat.asked()
    second = await chat.bench.ask("tom", target="10.20.16.115")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    one, two = chat.slack.cards
    crossed = buttons(one)["Approve"].split("|")[0] + "|" + buttons(two)["Approve"].split("|")[1]
    action = {"action_id": "approve", "value": crossed}
    await chat.send("interactions", chat.pressed(USERS["anna"], "Approve", one, actions=[action]))
    misplaced = {"type": "message", "message_ts": two["ts"], "channel_id": "C0SOC"}
    await chat.send("interactions", chat.pressed(USERS["anna"], "Approve", one, container=misplaced))
    assert (chat.votes(first), chat.votes(second)) == ([], [])
    assert [said[:40] for _, said in chat.whispered] == [
        "not counted: this answers another reques",
        "this is not the card of that request: lo",
    ]
    refused = chat.bench.entries("vote.refused")
    told = [(one.subject, one.actor, one.body["channel"]) for one in refused]
    assert told == [(f"request/{first.id}", "anna", "chat/soc")] * 2


async def test_a_form_that_is_asked_for_on_another_card_is_refused_and_an_entry_once(chat: Chat) -> None:
    first = await chat.asked()
    await chat.bench.ask("tom", target="10.20.16.115")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    one, two = chat.slack.cards
    misplaced = {"type": "message", "message_ts": two["ts"], "channel_id": "C0SOC"}
    body = chat.pressed(USERS["anna"], "Deny…", one, container=misplaced)
    await chat.send("interactions", body)
    await chat.send("interactions", body)
    assert chat.slack.views == []
    [refused] = chat.bench.entries("vote.refused")
    assert (refused.subject, refused.actor, refused.body["vote"]) == (f"request/{first.id}", "anna", "deny")


async def test_for_a_second_after_a_change_of_the_card_nothing_is_counted(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.bench.vote(asked.id, "jonas", "deny", "looks wrong")
    await chat.carry()
    await chat.press(USERS["anna"])
    assert [said[:30] for _, said in chat.whispered] == ["the card has only just changed"]
    assert chat.bench.entries("vote.refused") == []
    await chat.bench.later(SECOND)
    await chat.press(USERS["anna"])
    assert ("anna", "approve", "chat/soc") in chat.votes(asked)


async def test_a_user_who_was_written_in_just_now_decides_a_day_later(chat: Chat) -> None:
    enrol(chat.bench.settings.home, {"lena": "U0LENA"})
    asked = await chat.asked()
    await chat.press("U0LENA")
    assert (chat.votes(asked), chat.whispered[0][1][:14]) == ([], "known in this ")
    [refused] = chat.bench.entries("vote.refused")
    assert (refused.actor, refused.body["channel"]) == ("lena", "chat/soc")
    await chat.bench.later(PROVING)
    later = await chat.asked()
    await chat.press("U0LENA")
    assert chat.votes(later) == [("lena", "approve", "chat/soc")]


async def test_a_user_who_was_given_to_somebody_else_begins_anew(chat: Chat) -> None:
    file = chat.bench.settings.home / "people.yaml"
    file.write_text(file.read_text().replace("U0ANNA", "U0GONE").replace("U0JONAS", "U0ANNA"))
    asked = await chat.asked()
    await chat.press("U0ANNA")
    assert chat.votes(asked) == []
    assert [(one.subject, one.body["user"]) for one in chat.bench.entries("principal.unmapped")] == [
        ("principal/anna", "U0ANNA"),
        ("principal/jonas", "U0JONAS"),
    ]


async def test_two_people_are_never_one_user(chat: Chat, home: Path) -> None:
    file = home / "people.yaml"
    file.write_text(file.read_text().replace("U0JONAS", "U0ANNA"))
    people = chat.bench.desk.people
    assert [one.chat for one in people.all() if one.id == "jonas"] == [{ROOM: "U0JONAS"}]


async def test_fifty_at_once_are_each_counted_once(chat: Chat) -> None:
    asked = await chat.asked()
    bodies = [chat.pressed(USERS["anna"], "Approve") for _ in range(50)]
    answers = await asyncio.gather(*(chat.send("interactions", body) for body in bodies))
    assert {answer.status_code for answer in answers} == {200}
    assert (chat.votes(asked), len(chat.bench.entries("vote.cast"))) == ([APPROVED], 1)


async def test_a_button_that_is_no_answer_of_ours_is_refused(chat: Chat) -> None:
    asked = await chat.asked()
    for value, name in (("AR-1|zz", "approve"), ("", "approve"), (f"{asked.id}|{asked.digest}", "release")):
        body = chat.pressed(USERS["anna"], "Approve", actions=[{"action_id": name, "value": value}])
        assert (await chat.send("interactions", body)).status_code == 422
    assert (await chat.send("interactions", form({"type": "shortcut"}))).status_code == 422
    assert chat.votes(asked) == []


async def test_commands_show_what_is_asked_and_in_force_to_who_is_known(chat: Chat) -> None:
    asked = await chat.asked()
    said = []
    for user, text in (("U0ANNA", "pending"), ("U0ANNA", "leases"), ("U0ANNA", "drop tables"), ("U0EVE", "pending")):
        body = f"team_id={TEAM}&user_id={user}&text={text}&command=/fireline".encode()
        said.append(json.loads((await chat.send("commands", body)).content)["text"])
    assert said[0].startswith(f"{asked.id}: network.block_ip on 10.20.16.114, decide by ")
    assert (said[1], said[2][:18], said[3][:6]) == ("none", "/fireline pending:", "nobody")
