"""What is nested however deep keeps nobody in Teams from answering."""

from tests.console.chat.nesting import DEEP, with_nested
from tests.console.chat.teams.conftest import PEOPLE, Meeting, token


@DEEP
async def test_an_activity_nested_deep_is_refused_alone(meeting: Meeting, levels: int) -> None:
    asked = await meeting.asked()
    body = with_nested(meeting.pressed(PEOPLE["anna"]), "value", levels)
    bearer = {"Authorization": f"Bearer {token(meeting.bench.now)}"}
    answer = await meeting.http.post("/chat/teams/messages", content=body, headers=bearer)
    assert answer.status_code == 422
    await meeting.press(PEOPLE["anna"])
    assert meeting.votes(asked) == [("anna", "approve", "chat/teams")]
