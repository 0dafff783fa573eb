"""The doctor says whether mail would be taken."""

import json
from pathlib import Path

import pytest

from console.cli.doctor.channels import channels
from engine.model.base import Json
from engine.settings import load
from tests.console.outgoing.mailserver import post_office


def told(mail: Json, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    file: Json = {"kind": "file", "name": "book", "path": "/var/log/pages"}
    monkeypatch.setenv("FIRELINE_CHANNELS", json.dumps([mail, file]))
    return [(line.health, line.said) for line in channels(load())]


def test_a_mail_server_is_greeted_and_gets_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with post_office() as post:
        mail: Json = {
            "kind": "email", "name": "mail", "server": "127.0.0.1", "port": post.port, "security": "none",
            "sender": "fireline@soc.example", "to": ["soc@soc.example"],
        }  # fmt: skip
        assert told(mail, monkeypatch) == [("pass", f"mail: 127.0.0.1:{post.port}, unencrypted, on this host")]
        refused = {**mail, "username": "fireline", "password": "env:NO_SUCH_SECRET"}
        assert told(refused, monkeypatch) == [("fail", "mail: there is no secret at `env:NO_SUCH_SECRET`")]
    assert (post.letters, told(mail, monkeypatch)) == (
        [],
        [("away", "mail: 127.0.0.1 does not take mail: ConnectionRefusedError")],
    )
