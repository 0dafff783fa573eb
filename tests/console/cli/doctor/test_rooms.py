"""The doctor says whether people can be asked in chat, and who of them could answer there."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from console import first_run
from console.cli.doctor.rooms import rooms
from engine.settings import load
from tests.console.chat.conftest import enrol, settings
from tests.console.chat.slack.emulator import TEAM, TOKEN, Trouble, Workspace, workspace

APPROVERS = {"admin": "U1", "anna": "U2", "samir": "U3", "tom": "U4", "jonas": "U5", "lena": "U6"}


@pytest.fixture
def slack(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    home.mkdir(mode=0o700)
    first_run.init(home, "demo")
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    with workspace() as made:
        monkeypatch.setenv("FIRELINE_ROOMS", json.dumps([settings(made).model_dump(mode="json")]))
        yield made


def told() -> list[tuple[str, str]]:
    return [(line.health, line.said) for line in rooms(load())]


def test_a_room_that_works_and_is_known_to_all(slack: Workspace, home: Path) -> None:
    enrol(home, APPROVERS)
    assert told() == [
        ("pass", f"soc: fireline in SOC ({TEAM})"),
        ("pass", "soc: everybody who may approve is known there"),
    ]


def test_who_is_not_known_there_is_named(slack: Workspace, home: Path) -> None:
    enrol(home, {name: user for name, user in APPROVERS.items() if name not in ("lena", "tom")})
    assert told()[1] == ("warn", "soc: nobody there is known as lena, tom, who may approve")


def test_a_token_that_is_not_good_and_one_that_nobody_answers_for(slack: Workspace) -> None:
    slack.troubles["auth.test"] = [Trouble(error="token_revoked"), Trouble(503)]
    assert [told()[0], told()[0]] == [
        ("fail", "soc: slack refuses auth.test: token_revoked"),
        ("away", "soc: 127.0.0.1 answered 503"),
    ]


def test_without_rooms_there_is_nothing_to_say(home: Path) -> None:
    assert told() == []
