"""A room in Teams can be tried as any other."""

from tests.console.chat.teams.conftest import PEOPLE, Meeting
from tests.console.chat.trying import heard_from, tried


async def test_who_answers_the_test_card_in_teams_is_heard(meeting: Meeting) -> None:
    await tried(meeting.bench, meeting.room)
    assert (await meeting.press(PEOPLE["anna"]))[:5] == "heard"
    assert heard_from(meeting.bench, meeting.room) == "anna"
