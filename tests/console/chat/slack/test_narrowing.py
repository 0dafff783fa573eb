"""What an answer in Slack says besides a yes or a no: for how long."""

import pytest

from engine.control.chat_voting import NO_LENGTH
from engine.model.base import Json
from tests.console.chat.conftest import SECOND, USERS, Chat
from tests.console.chat.slack.emulator import buttons

ANNA = USERS["anna"]


def labels(chat: Chat) -> list[str]:
    """The fields of the form that was opened last."""
    view = chat.slack.views[-1]["view"]
    assert isinstance(view, dict) and isinstance(view["blocks"], list)
    return [str(block["block_id"]) for block in view["blocks"] if isinstance(block, dict) and block["type"] == "input"]


async def test_what_is_agreed_to_for_less_lasts_for_less(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.press(ANNA, "Shorter…")
    assert (chat.votes(asked), labels(chat)) == ([], ["lease", "reason"])
    assert (await chat.submit(ANNA, "", lease="5s")).json() == {}
    assert chat.whispered == [("U0ANNA", "counted: enough, for 5s")]
    await chat.bench.respond(asked.incident_id)
    holder = chat.bench.read(lambda tx: tx.holders.get(asked.id))
    assert holder is not None and holder.expires_at == chat.bench.now + 5 * SECOND
    await chat.carry()
    assert "anna approves for 5s" in chat.slack.thread(chat.slack.cards[0]["ts"])


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("1h", "not counted: may be for less than the"),
        ("0s", "not counted: nothing lasts for less than 1s"),
        ("-5m", NO_LENGTH),
        ("soon", NO_LENGTH),
        ("", NO_LENGTH),
        ("918273", NO_LENGTH),
        ("9" * 39 + "d", NO_LENGTH),
    ],
)
async def test_more_or_nonsense_or_nothing_is_told_in_the_form_and_counts_for_nothing(
    chat: Chat, typed: str, why: str
) -> None:
    asked = await chat.asked()
    await chat.press(ANNA, "Shorter…")
    told = (await chat.submit(ANNA, "briefly", lease=typed)).json()
    assert (told["response_action"], told["errors"]["reason"][: len(why)]) == ("errors", why)
    assert chat.votes(asked) == []
    assert [one.actor for one in chat.bench.entries("vote.refused")] == ["anna"]


async def test_a_form_that_is_sent_again_with_more_time_does_not_widen_it(chat: Chat) -> None:
    asked = await chat.asked()
    await chat.press(ANNA, "Shorter…")
    await chat.submit(ANNA, "", lease="5s")
    told = (await chat.submit(ANNA, "", lease="15s")).json()
    assert told["errors"]["reason"] == "not counted: has voted already"
    [vote] = chat.bench.read(lambda tx: tx.votes.of(asked.id))
    assert vote.lease == 5 * SECOND


async def test_the_buttons_have_their_places(chat: Chat) -> None:
    await chat.asked()
    await chat.bench.ask("tom", "identity.revoke_sessions", "svc-backup")
    await chat.carry()
    shown: list[Json] = chat.slack.cards
    assert [list(buttons(card)) for card in shown] == [["Deny…", "Shorter…", "Approve"], ["Deny…", "Approve"]]


async def test_at_tier_4_the_form_asks_for_both(chat: Chat) -> None:
    await chat.carry()
    await chat.bench.ask("tom", action="host.isolate", target="files-02")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    await chat.press(ANNA, "Approve…")
    assert labels(chat) == ["lease", "reason"]
    await chat.press(ANNA, "Deny…")
    assert labels(chat) == ["reason"]
