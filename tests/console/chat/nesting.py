"""What somebody nested so deep that a parser may not follow, and products that answer with it."""

import json
from collections.abc import Mapping

import pytest
from pydantic import JsonValue

DEEP = pytest.mark.parametrize("levels", [250, 990, 5_000])


def nested(levels: int) -> str:
    return '[{"]": ' * levels + '"]"' + "}]" * levels


def with_nested(said: Mapping[str, JsonValue], field: str, levels: int) -> bytes:
    """This JSON, with something in one field that is nested so deep."""
    return json.dumps({**said, field: "HERE"}).replace('"HERE"', nested(levels)).encode()


def answering(monkeypatch: pytest.MonkeyPatch, by: str, answers: Mapping[str, bytes]) -> None:
    """What is asked of a product is answered so, by how its address ends."""

    async def answered(*asked: object, **_: object) -> bytes:
        [url] = [one for one in asked if isinstance(one, str) and one.startswith("http")]
        return next(answer for end, answer in answers.items() if url.partition("?")[0].endswith(end))

    monkeypatch.setattr(by, answered)
    for name in ("MATRIX_TOKEN", "SLACK_TOKEN", "MATTERMOST_TOKEN"):
        monkeypatch.setenv(name, "a-token")
