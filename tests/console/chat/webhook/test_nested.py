"""What is nested however deep keeps nobody from answering by a webhook."""

import json

from tests.console.chat.nesting import DEEP, with_nested
from tests.console.chat.webhook.test_answers import Desk, desk

__all__ = ["desk"]


@DEEP
async def test_an_answer_nested_deep_is_refused_alone(desk: Desk, levels: int) -> None:
    asked = await desk.asked()
    assert (await desk.send(with_nested(json.loads(desk.said(asked)), "reason", levels))).status_code == 422
    await desk.send(desk.said(asked))
    assert desk.votes(asked) == [("anna", "approve", "chat/soc")]
