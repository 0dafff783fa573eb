"""From the code typed in a room to the first vote, and what people are told alone on the way."""

import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from secrets import token_bytes

import pytest

from console.chat.whisperer import Whisperer
from engine.control.enrolling import NO_CODE, confirm, offer
from engine.control.enrolment import IF_NOT, PROVING
from engine.control.whispering import LAPSES, remind_until, warn
from engine.model.enrolling import Claim
from tests.bench import Bench
from tests.console.chat.conftest import MINUTE, ROOM, SECOND, USERS, Chat
from tests.console.chat.matrix.test_matrix import Talk, digest, talk
from tests.console.chat.slack.emulator import TEAM, Trouble

__all__ = ["talk"]


async def offered(bench: Bench, name: str, room: str = ROOM) -> tuple[Claim, str]:
    return await bench.write(lambda tx: offer(tx, bench.person(name), room, token_bytes(12), bench.now))


async def confirmed(bench: Bench, claim: Claim, user: str) -> None:
    people, admin = bench.desk.people, bench.person("admin")
    await bench.write(lambda tx: confirm(tx, people, admin, claim.id, user, bench.now))


def whisperer(chat: Chat) -> Whisperer:
    return Whisperer(chat.bench.store, chat.room, lambda: chat.bench.now)


async def said(bench: Bench, user: str, text: str, until: datetime | None = None) -> None:
    """Have a user of the room told something."""
    to, about, now = (ROOM, user), "principal/anna", bench.now
    warning = partial(warn, to=to, text=text, subject=about, now=now)
    reminder = partial(remind_until, to=to, text=text, subject=about, until=until or now)
    await bench.write(warning if until is None else reminder)


async def typed(chat: Chat, user: str, text: str) -> str:
    """What somebody is shown who types a slash command."""
    body = f"team_id={TEAM}&user_id={user}&text={text}&command=/fireline".encode()
    return str(json.loads((await chat.send("commands", body)).content)["text"])


async def test_who_enrols_in_slack_votes_a_day_after_somebody_else_confirmed_it(chat: Chat) -> None:
    claim, code = await offered(chat.bench, "lena")
    assert (await typed(chat, "U0LENA", f"enrol {code}"))[:26] == "taken down: somebody else "
    asked = await chat.asked()
    await chat.press("U0LENA")
    assert chat.votes(asked) == []
    await confirmed(chat.bench, claim, "U0LENA")
    await chat.press("U0LENA")
    assert (chat.votes(asked), chat.whispered[-1][1][:14]) == ([], "known in this ")
    await chat.bench.later(PROVING)
    later = await chat.asked()
    await chat.press("U0LENA")
    assert chat.votes(later) == [("lena", "approve", "chat/soc")]


async def test_a_stranger_who_guesses_is_counted_and_told_no_more_than_that(chat: Chat) -> None:
    await offered(chat.bench, "lena")
    answers = [await typed(chat, "U0EVE", f"enrol AAAA-AAAA-AAA{n}") for n in range(3)]
    assert answers == [NO_CODE] * 3
    assert [(one.source, one.count) for one in chat.strangers.take()] == [("soc/U0EVE", 3)]


async def test_who_enrols_in_matrix_is_told_so_alone(talk: Talk) -> None:
    await talk.listener.listen()
    claim, code = await offered(talk.bench, "lena", "ops")
    await talk.say("eve", f"enrol {code}")
    assert talk.told("eve")[-1][:26] == "taken down: somebody else "
    await confirmed(talk.bench, claim, "@eve:localhost")
    await talk.bench.later(PROVING)
    asked = await talk.asked()
    await talk.say("eve", f"approve {digest(asked)}")
    assert [name for name, _, _ in talk.votes(asked)] == ["lena"]


async def test_both_users_of_somebody_are_told_of_a_new_one(chat: Chat) -> None:
    bench = chat.bench
    for user in ("U0OLD", "U0NEW"):
        claim, code = await offered(bench, "lena")
        await typed(chat, user, f"enrol {code}")
        await confirmed(bench, claim, user)
        await bench.later(SECOND)
    await whisperer(chat).deliver()
    await whisperer(chat).deliver()
    decline = "`fireline people decline EN-0002`"
    assert [(user, said.split(" from ")[0]) for user, said in chat.whispered] == [
        ("U0OLD", "lena is U0OLD in soc"),
        ("U0OLD", f"U0NEW in soc has typed your code and claims to be you; if not: {decline}. {IF_NOT}"),
        ("U0OLD", "lena is U0NEW in soc"),
        ("U0NEW", "lena is U0NEW in soc"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("until", "times"), [(lambda bench: None, 2), (lambda bench: bench.now + MINUTE, 1)], ids=["notice", "reminder"]
)
async def test_what_may_have_arrived_when_it_was_killed_is_said_again_only_where_it_has_to_arrive(
    chat: Chat, until: Callable[[Bench], datetime | None], times: int
) -> None:
    bench, end = chat.bench, until(chat.bench)
    await said(bench, USERS["anna"], "look", end)
    killed = whisperer(chat)
    killed._drop = killed_here  # type: ignore[method-assign, assignment]
    with pytest.raises(SystemExit):
        await killed.deliver()
    for _ in range(2):
        await whisperer(chat).deliver()
    assert chat.whispered == [(USERS["anna"], "look")] * times


async def killed_here(*_: object) -> None:
    raise SystemExit


async def test_a_room_that_is_away_is_told_once_it_is_back_unless_it_took_too_long(chat: Chat) -> None:
    bench = chat.bench
    for text, end in (("lapses", bench.now + MINUTE), ("stays", None)):
        await said(bench, "U0ANNA", text, end)
    chat.slack.troubles["chat.postMessage"] = [Trouble(429, headers={"Retry-After": "90"})]
    here = whisperer(chat)
    await here.deliver()
    await here.deliver()
    assert chat.slack.calls.count("chat.postMessage") == 1
    await bench.later(2 * MINUTE)
    await here.deliver()
    assert chat.whispered == [("U0ANNA", "stays")]
    [untold] = bench.entries("chat.untold")
    assert (untold.subject, untold.body["because"]) == ("principal/anna", "it lapsed before it could be said")
    assert LAPSES > 2 * MINUTE


async def test_who_cannot_be_told_keeps_nobody_else_from_it(chat: Chat) -> None:
    bench = chat.bench
    for user in ("U0GONE", "U0ANNA"):
        await said(bench, user, "look")
    chat.slack.troubles["chat.postMessage"] = [Trouble(error="user_not_found")]
    await whisperer(chat).deliver()
    assert chat.whispered == [("U0ANNA", "look")]
    assert [one.body["user"] for one in bench.entries("chat.untold")] == ["U0GONE"]
