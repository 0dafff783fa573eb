"""The doctor says of each ticket system whether it answers, and lets us in."""

import json
from pathlib import Path

import pytest

from console.cli.doctor.tickets import tickets
from engine.settings import load
from tests.console.outgoing.tickets.emulators import PASSWORD, USER, jira, serving


def told() -> list[tuple[str, str]]:
    return [(line.health, line.said) for line in tickets(load())]


def test_one_that_answers_one_that_does_not_know_us_and_one_that_is_away(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_TOKEN", PASSWORD)
    with serving(jira) as made:
        given = {"kind": "jira", "name": "desk", "url": made.url, "user": USER, "token": "env:JIRA_TOKEN"}
        monkeypatch.setenv("FIRELINE_TICKETS", json.dumps([{**given, "project": "SEC"}]))
        assert told() == [("pass", f"desk: {made.url} answers")]
        monkeypatch.setenv("JIRA_TOKEN", "another")
        assert told() == [("fail", "desk: 127.0.0.1 answered 401")]
    assert told() == [("away", "desk: 127.0.0.1 does not answer: ConnectError")]
    assert made.held == {}


def test_without_any_there_is_nothing_to_say(home: Path) -> None:
    assert told() == []
