"""The doctor says which secrets can be read, by their references alone."""

import json
from pathlib import Path

import pytest

from console.cli.doctor.secrets import secrets
from engine.settings import load

VALUE = "the-value-itself"


def told() -> list[tuple[str, str]]:
    lines = [*secrets(load())]
    assert VALUE not in str(lines)
    return [(line.health, line.said) for line in lines]


def test_each_secret_is_looked_at_once_and_none_is_shown(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = home.parent / "hook"
    file.write_text(VALUE)
    pager = {"kind": "pagerduty", "name": "duty", "routing_key": "env:PAGER_KEY"}
    hook = {"kind": "webhook", "name": "hook", "url": "https://hook.example/in", "secret": f"file:{file}"}
    monkeypatch.setenv("FIRELINE_CHANNELS", json.dumps([pager, {**pager, "name": "second"}, hook]))
    monkeypatch.setenv("PAGER_KEY", VALUE)
    file.chmod(0o644)
    refused = f"the secret at `file:{file}` may be read by others: chmod 600 it"
    assert told() == [("pass", "`env:PAGER_KEY` can be read"), ("fail", refused)]


def test_a_vault_that_is_away_is_said_to_be(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pager = {"kind": "pagerduty", "name": "duty", "routing_key": "vault:secret/duty#key"}
    monkeypatch.setenv("FIRELINE_CHANNELS", json.dumps([pager]))
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_TOKEN", VALUE)
    said = "the vault does not answer for `vault:secret/duty#key`: ConnectionRefusedError"
    assert told() == [("away", said)]


def test_where_no_secret_is_named_there_is_nothing_to_say(home: Path) -> None:
    assert told() == []
