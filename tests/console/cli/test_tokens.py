"""`fireline tokens`: a token is made, speaks for its owner, and is ended, as people type it."""

from pathlib import Path

import pytest

from tests.console.cli.conftest import Run


def test_a_token_is_made_used_listed_and_revoked(at: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ("tokens", "create", "siem forwarder", "--for", "siem-bot", "--scope", "read", "--lasts", "1h", "--json")
    made = run(*asked).json
    with monkeypatch.context() as as_bot:
        as_bot.setenv("FIRELINE_TOKEN", str(made["token"]))
        assert run("status").code == 0
        assert run("freeze", "--reason", "seen").code == 1
    listed = run("tokens", "list").out
    assert f"{made['id']}" in listed
    assert str(made["token"]) not in listed
    assert run("tokens", "revoke", str(made["id"])).out == f"{made['id']}: revoked\n"
    monkeypatch.setenv("FIRELINE_TOKEN", str(made["token"]))
    assert "the token is not valid here" in run("status").err
