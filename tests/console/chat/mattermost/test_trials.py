"""A room in Mattermost can be tried as any other."""

from tests.console.chat.mattermost.conftest import Town
from tests.console.chat.trying import heard_from, tried


async def test_who_answers_the_test_card_in_mattermost_is_heard(town: Town) -> None:
    await tried(town.bench, town.room)
    assert "heard" in (await town.press()).json()["ephemeral_text"]
    assert heard_from(town.bench, town.room) == "anna"
