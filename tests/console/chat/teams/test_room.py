"""Cards reach the channel under a token of ours, and stay true where Teams is slow, full or forgetful."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from pydantic import ValidationError

from console.chat.company import room
from console.chat.teams.connector import Connector
from console.chat.teams.room import RECENT, TeamsRoom
from console.outgoing.web import TryLater
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.card import Card, CardItem, CardLine
from engine.model.chat import TeamsSettings
from tests.console.chat.slack.emulator import Trouble
from tests.console.chat.teams.conftest import PEOPLE, Meeting, published, settings
from tests.console.chat.teams.emulator import APP, CHANNEL, TENANT, Teams

LOGIN = f"POST /{TENANT}/oauth2/v2.0/token"
ITEM = CardItem(
    request="AR-0001", headline="TIER 3", title="a title", lines=(), digest="4f9a03be" * 8, shown="4f9a-03be",
    open=True, to_approve=False,
)  # fmt: skip
CARD = Card(mark="REAL", about="INC-0001", items=(ITEM,))


class Clock:
    """What a test says that it is."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def logins(teams: Teams) -> int:
    return teams.calls.count(LOGIN)


def test_the_settings_of_a_channel_make_its_room(teams: Teams) -> None:
    assert isinstance(room(settings(teams)), TeamsRoom)


@pytest.mark.parametrize(
    "wrong",
    [
        {"app_id": "fireline"},
        {"tenant": TENANT.upper()},
        {"conversation": "General"},
        {"conversation": f"{CHANNEL};messageid=1"},
        {"service_url": "https://smba.example"},
        {"app_secret": "the-secret-itself"},
    ],
    ids=str,
)
def test_settings_that_name_no_channel_are_refused(teams: Teams, wrong: dict[str, str]) -> None:
    given = settings(teams).model_dump(mode="json")
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        TeamsSettings.model_validate({**given, **wrong})


async def test_a_token_is_asked_for_once_and_anew_shortly_before_its_end(teams: Teams) -> None:
    clock = Clock()
    here = TeamsRoom(settings(teams), Connector(clock))
    seen = []
    for later in (0.0, 3299.0, 1.0, 60.0):
        clock.now += later
        await here.post(f"card-{clock.now}", CARD)
        seen.append(logins(teams))
    assert seen == [1, 1, 2, 2]


async def test_a_token_that_is_taken_back_is_asked_for_anew(teams: Teams) -> None:
    here = TeamsRoom(settings(teams))
    await here.post("one", CARD)
    teams.token = "fresh"
    with pytest.raises(TargetRefused, match=r"127\.0\.0\.1 answered 401"):
        await here.post("two", CARD)
    assert await here.post("two", CARD)
    assert logins(teams) == 2


async def test_a_wrong_secret_is_a_refusal_that_names_the_host_alone(
    teams: Teams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMS_SECRET", "a-wrong-one")
    with pytest.raises(TargetRefused) as refused:
        await TeamsRoom(settings(teams)).health()
    assert str(refused.value) == "127.0.0.1 answered 401"


async def test_a_login_that_grants_nothing_may_pass_later(teams: Teams) -> None:
    teams.token = ""
    with pytest.raises(TargetUnavailable, match="the login service answers without what is promised"):
        await TeamsRoom(settings(teams)).health()


async def test_health_says_who_we_are_where(teams: Teams) -> None:
    assert await TeamsRoom(settings(teams)).health() == f"app {APP} in {CHANNEL}"


async def test_where_no_answer_would_be_believed_health_says_so(teams: Teams) -> None:
    teams.keys = [published("now", endorsements=["webchat"])]
    with pytest.raises(TargetRefused, match="no published key speaks for Teams"):
        await TeamsRoom(settings(teams)).health()
    teams.troubles["keys"] = [Trouble(status=503)]
    with pytest.raises(TargetUnavailable):
        await TeamsRoom(settings(teams)).health()


async def test_as_long_as_teams_wants_fewer_messages_none_is_sent(teams: Teams) -> None:
    teams.troubles["v3"] = [Trouble(status=429, headers={"Retry-After": "7"})]
    with pytest.raises(TryLater) as refused:
        await TeamsRoom(settings(teams)).post("card", CARD)
    assert refused.value.after == timedelta(seconds=7)


@pytest.mark.parametrize("status", [412, 500, 502, 504])
async def test_what_teams_says_may_pass_later_may(teams: Teams, status: int) -> None:
    teams.troubles["v3"] = [Trouble(status=status)]
    with pytest.raises(TargetUnavailable):
        await TeamsRoom(settings(teams)).post("card", CARD)


async def test_a_message_that_is_too_big_is_refused(teams: Teams) -> None:
    long = ITEM.model_copy(update={"lines": tuple(CardLine(label="L", text="x" * 1000) for _ in range(60))})
    with pytest.raises(TargetRefused, match="answered 413"):
        await TeamsRoom(settings(teams)).post("card", CARD.model_copy(update={"items": (long,)}))


async def test_a_channel_that_we_are_not_in_is_a_refusal(teams: Teams) -> None:
    elsewhere = settings(teams).model_copy(update={"conversation": "19:elsewhere@thread.tacv2"})
    for call in (TeamsRoom(elsewhere).health(), TeamsRoom(elsewhere).post("card", CARD)):
        with pytest.raises(TargetRefused):
            await call


async def test_keys_are_remembered_in_bounded_room(teams: Teams) -> None:
    here = TeamsRoom(settings(teams))
    ref = await here.post("first", CARD)
    assert await here.find("first") == ref
    for number in range(RECENT):
        here._remember(f"{number}", "ref")
    assert (await here.find("first"), await here.find("999")) == (None, "ref")


async def carried(meeting: Meeting) -> Sequence[str]:
    """Carry until nothing waits any more; the references of what stands in the channel."""
    for _ in range(3):
        await meeting.carry()
        await meeting.bench.later(timedelta(seconds=3))
    return [str(card["id"]) for card in meeting.teams.cards]


async def test_of_two_cards_after_a_lost_answer_one_counts(meeting: Meeting) -> None:
    await meeting.carry()
    meeting.teams.troubles["v3"] = [Trouble(status=502, done=True)]
    asked = await meeting.bench.ask("tom", target="10.20.16.114")
    lost, known = await carried(meeting)
    first, second = meeting.teams.cards
    assert (await meeting.press(PEOPLE["anna"], card=first)).startswith("this is not the card of that request")
    assert meeting.votes(asked) == []
    assert await meeting.press(PEOPLE["anna"], card=second) == "counted: enough"
    assert (lost != known, meeting.votes(asked)) == (True, [("anna", "approve", "chat/teams")])


async def test_a_card_that_somebody_deleted_is_put_there_again(meeting: Meeting) -> None:
    asked = await meeting.asked()
    meeting.teams.messages = []
    await meeting.bench.vote(asked.id, "jonas", digest=asked.digest)
    assert len(await carried(meeting)) == 1
    assert len(meeting.bench.entries("chat.card_gone")) == 1


async def test_who_is_told_something_is_looked_up_once(teams: Teams) -> None:
    here, anna = TeamsRoom(settings(teams)), PEOPLE["anna"]
    await here.tell(anna, "one")
    await here.tell(anna, "two")
    assert [one["text"] for one in teams.whispers] == ["one", "two"]
    assert teams.calls.count(f"GET /v3/conversations/{CHANNEL}/members/{anna}") == 1
