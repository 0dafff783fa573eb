"""What every chat product must keep: `console.chat.port.Room`, over all of them."""

from collections.abc import Iterator

import pytest

from console.chat.matrix.room import MatrixRoom
from console.chat.mattermost.room import MattermostRoom
from console.chat.port import CardGone
from console.chat.slack.room import SlackRoom
from console.chat.teams.room import TeamsRoom
from console.chat.webhook.room import HookRoom
from engine.card_room import AMONG_OTHERS
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.card import Card, CardItem, CardLine
from engine.model.chat import MatrixSettings
from tests.console.chat.conftest import settings
from tests.console.chat.matrix.homeserver import Homeserver, meeting
from tests.console.chat.mattermost import emulator as chat_server
from tests.console.chat.mattermost.conftest import settings as mattermost_settings
from tests.console.chat.mattermost.sight import MattermostSight
from tests.console.chat.sights import MatrixSight, Sight, SlackSight, TeamsSight, send_again
from tests.console.chat.slack.emulator import TOKEN, Workspace
from tests.console.chat.teams.conftest import published
from tests.console.chat.teams.conftest import settings as teams_settings
from tests.console.chat.teams.emulator import SECRET, teams_service
from tests.console.chat.webhook import board as hook
from tests.console.chat.webhook.sight import HookSight
from tests.console.chat.webhook.test_answers import settings as hook_settings

LONG = "x" * 2900
HOSTILE = '*bold* `code` ‹!channel› evil[.]example & \\ "quoted" _under_ ~gone~'
ITEM = CardItem(
    request="AR-0001", headline="TIER 3 · 1 approval", title=f"title: {HOSTILE}",
    lines=(CardLine(label="WHY", text=HOSTILE), *(CardLine(label="LONG", text=LONG) for _ in range(5))),
    digest="4f9a03be" * 8, shown="4f9a-03be", open=True, to_approve=False,
)  # fmt: skip
CARD = Card(mark="REAL", about="INC-0001", items=(ITEM,))


def changed(**update: object) -> Card:
    return CARD.model_copy(update={"items": (ITEM.model_copy(update=update),)})


def several(count: int) -> Card:
    short = ITEM.model_copy(update={"lines": ITEM.lines[:1]})
    asked = [short.model_copy(update={"request": f"AR-{n:04}", "title": f"number {n}"}) for n in range(count)]
    return CARD.model_copy(update={"items": tuple(asked)})


@pytest.fixture
def slack_sight(slack: Workspace, monkeypatch: pytest.MonkeyPatch) -> Sight:
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    return SlackSight(SlackRoom(settings(slack)), slack)


@pytest.fixture
def matrix_sight(server: Homeserver, monkeypatch: pytest.MonkeyPatch) -> Sight:
    monkeypatch.setenv("MATRIX_TOKEN", server.users["fireline"])
    monkeypatch.setenv("NO_TOKEN", "another")
    place = meeting(server, "anna", "jonas")
    given = MatrixSettings(kind="matrix", name="ops", room=place.id, url=server.url, access_token="env:MATRIX_TOKEN")
    return MatrixSight(MatrixRoom(given), place)


@pytest.fixture
def teams_sight(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sight]:
    monkeypatch.setenv("TEAMS_SECRET", SECRET)
    with teams_service() as made:
        made.keys = [published("now")]
        yield TeamsSight(TeamsRoom(teams_settings(made)), made)


@pytest.fixture
def hook_sight(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sight]:
    monkeypatch.setenv("HOOK_SECRET", hook.SECRET)
    with hook.board() as made:
        yield HookSight(HookRoom(hook_settings(made)), made)


@pytest.fixture
def mattermost_sight(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sight]:
    monkeypatch.setenv("MATTERMOST_TOKEN", chat_server.TOKEN)
    monkeypatch.setenv("MATTERMOST_SECRET", "a-sealing-secret")
    with chat_server.mattermost() as made:
        yield MattermostSight(MattermostRoom(mattermost_settings(made)), made)


@pytest.fixture(params=["slack_sight", "matrix_sight", "teams_sight", "hook_sight", "mattermost_sight"])
def sight(request: pytest.FixtureRequest) -> Sight:
    made: Sight = request.getfixturevalue(request.param)
    return made


async def test_a_card_is_shown_from_its_first_line_to_its_last(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    [card] = sight.cards()
    lines = card.splitlines()
    assert (lines[0], lines[1], lines[-1]) == (CARD.headline, ITEM.title, CARD.last)
    assert (card.count(LONG), sight.answers(ref)) == (5, 1)


async def test_twenty_items_of_one_card_can_each_be_answered(sight: Sight) -> None:
    ref = await sight.room.post("card", several(20))
    [card] = sight.cards()
    assert [line for line in card.splitlines() if line.startswith("number")] == [f"number {n}" for n in range(20)]
    assert (card.splitlines()[0], sight.answers(ref)) == ("REAL · INC-0001 · 20 actions, 20 to decide", 20)


async def test_what_is_sent_again_under_its_key_stands_there_once(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    assert (await sight.room.find("card") or await sight.room.post("card", CARD)) == ref
    await sight.room.reply("line", ref, "a line")
    await send_again(sight.room, "line", ref, "a line")
    assert (len(sight.cards()), sight.thread(ref)) == (1, ["a line"])


async def test_another_key_is_another_message(sight: Sight) -> None:
    first, second = await sight.room.post("one", CARD), await sight.room.post("two", CARD)
    assert (first != second, await sight.room.find("three")) == (True, None)
    assert len(sight.cards()) == 2


async def test_a_card_that_is_not_open_has_nothing_to_answer_with(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    await sight.room.update("shown", ref, changed(open=False, headline="TIER 3 · HELD"))
    assert (sight.cards()[0].splitlines()[0], sight.answers(ref)) == ("REAL · TIER 3 · HELD", 0)


async def test_a_card_that_looks_again_as_it_did_before_is_shown_so(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    for number, headline in enumerate(["ONE NO", "TAKEN BACK", "ONE NO"]):
        await sight.room.update(f"shown-{number}", ref, changed(headline=headline))
        assert sight.cards()[0].splitlines()[0] == f"REAL · {headline}"


async def test_text_is_text_whatever_it_says(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    await sight.room.update("shown", ref, changed(open=False))
    await sight.room.reply("line", ref, HOSTILE)
    assert (sight.thread(ref), sight.markup()) == ([HOSTILE], [])
    assert HOSTILE in sight.cards()[0]


async def test_what_one_is_told_the_room_does_not_see(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    await sight.room.tell(sight.anybody, "you alone")
    await sight.room.tell(sight.anybody, "you again")
    assert sight.told(sight.anybody)[-2:] == ["you alone", "you again"]
    assert (len(sight.cards()), sight.thread(ref)) == (1, [])


async def test_a_card_rings_with_those_who_are_asked_when_it_comes_and_with_nobody_else(sight: Sight) -> None:
    await sight.room.tell(sight.anybody, "look")
    assert sight.told(sight.anybody)[-1] == "look"
    before = sight.rung(sight.anybody)
    ref = await sight.room.post("quiet", CARD)
    assert sight.rung(sight.anybody) == before
    await sight.room.post("card", CARD, {sight.anybody: "anna"})
    await sight.room.reply("line", ref, "goes on")
    [rung] = [one for one in sight.rung(sight.anybody) if one not in before]
    assert CARD.headline in rung


async def test_what_somebody_is_told_alone_rings(sight: Sight) -> None:
    await sight.room.tell(sight.anybody, "look")
    assert sight.told(sight.anybody)[-1] == "look"
    await sight.room.tell(sight.anybody, "look again")
    assert sight.rung(sight.anybody)[-1].endswith("look again")


async def test_a_card_says_who_is_asked_as_long_as_they_are_and_rings_once(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD, {sight.anybody: "anna"})
    rung = len(sight.rung(sight.anybody))
    await sight.room.update("shown", ref, changed(headline="ONE YES"), {sight.anybody: "anna"})
    assert sight.cards()[-1].startswith("REAL · ONE YES")
    assert len(sight.rung(sight.anybody)) == rung


async def test_a_card_that_is_gone_is_told_from_any_other_trouble(sight: Sight) -> None:
    ref = await sight.room.post("card", CARD)
    sight.remove(ref)
    with pytest.raises(CardGone):
        await sight.room.update("shown", ref, changed(open=False))


async def test_a_token_that_is_good_no_more_is_a_refusal_that_does_not_show_it(sight: Sight) -> None:
    assert await sight.room.health()
    sight.close()
    with pytest.raises(TargetRefused) as refused:
        await sight.room.post("card", CARD)
    assert "another" not in str(refused.value)


async def test_a_room_that_cannot_be_reached_may_pass_later(sight: Sight) -> None:
    sight.cut_off()
    with pytest.raises(TargetUnavailable):
        await sight.room.post("card", CARD)


async def test_twenty_items_as_long_as_items_may_be_are_shown_and_changed(sight: Sight) -> None:
    widest = "€" * ((AMONG_OTHERS.most - AMONG_OTHERS.title) // len("€".encode()))
    item = ITEM.model_copy(
        update={"headline": "TIER 4 · 2 approvals, one from db-owners · decide by 22 Nov 03:31:00 CET",
                "title": '"' * (AMONG_OTHERS.title // 2), "lines": (CardLine(label="WHY", text=widest),)}
    )  # fmt: skip
    full = CARD.model_copy(
        update={"items": tuple(item.model_copy(update={"request": f"AR-{n:04}"}) for n in range(20))}
    )
    ref = await sight.room.post("card", full)
    await sight.room.update("shown", ref, full.model_copy(update={"about": "INC-0002"}))
    [card] = sight.cards()
    assert (card.count(widest), card.count(item.title), sight.answers(ref)) == (20, 20, 20)
    assert card.splitlines()[0] == "REAL · INC-0002 · 20 actions, 20 to decide"
