"""`fireline people`: somebody enrols in a room through a running engine, as people type it."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from console import first_run
from console.cli.doctor.rooms import rooms
from console.clock import now
from console.people import token_digest
from engine.settings import load
from tests.console.chat.conftest import SECRET, settings, signed
from tests.console.chat.slack.emulator import TEAM, TOKEN, Workspace, workspace
from tests.console.cli.conftest import Run
from tests.patience import PATIENCE_S
from tests.processes import Up, until

LENA = "the token of lena"


@pytest.fixture(scope="module")
def slack() -> Iterator[Workspace]:
    with workspace() as made:
        yield made


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, slack: Workspace) -> Iterator[Up]:
    home = tmp_path_factory.mktemp("people") / "home"
    home.mkdir(mode=0o700)
    first_run.init(home, "demo")
    file = home / "people.yaml"
    roles = f"    token_sha256: {token_digest(LENA)}\n    roles: [policy-admin, approver]"
    text = file.read_text()
    file.write_text(text.replace("    roles: [viewer, approver]", roles))
    described = json.dumps([settings(slack).model_dump(mode="json")])
    up = Up(home, "up", "--policy", "demo", "--site", "demo",
            FIRELINE_ROOMS=described, SLACK_SECRET=SECRET, SLACK_TOKEN=TOKEN)  # fmt: skip
    yield up
    assert up.interrupt() == 0


def typed(engine: Up, user: str, text: str) -> str:
    """What Slack shows somebody who types a slash command."""
    body = f"team_id={TEAM}&user_id={user}&text={text}&command=/fireline".encode()
    url = f"{engine.first_line}/chat/slack/commands"
    return str(
        httpx.post(url, content=body, headers=signed(body, now()), trust_env=False, timeout=PATIENCE_S).json()["text"]
    )


def test_a_person_enrols_somebody_else_confirms_and_both_are_shown(
    engine: Up, slack: Workspace, at: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_TOKEN", TOKEN)
    monkeypatch.setenv("FIRELINE_ROOMS", json.dumps([settings(slack).model_dump(mode="json")]))
    assert run("people", "enrol", "lobby").code == 2
    made = run("people", "enrol", "soc", "--json").json
    assert typed(engine, "U0ADMIN", f"enrol {made['code']}").startswith("taken down")
    assert ("warn", f"soc: U0ADMIN claims to be admin ({made['id']})") in [(o.health, o.said) for o in rooms(load())]
    assert "confirmed by somebody else" in run("people", "confirm", str(made["id"]), "U0ADMIN").err
    with monkeypatch.context() as as_lena:
        as_lena.setenv("FIRELINE_TOKEN", LENA)
        assert "claimed by another user" in run("people", "confirm", str(made["id"]), "U0EVE").err
        assert run("people", "confirm", str(made["id"]), "U0ADMIN").out == (
            "U0ADMIN in soc is admin; answers from there count a day from now\n"
        )
    until(lambda: [one for one in slack.whispers if one["user"] == "U0ADMIN"] or None, "they are told alone")
    shown = run("people", "enrolments")
    assert "nothing waits to be confirmed" in shown.err
    assert "lena" in shown.out
    assert [one.said for one in rooms(load())][1] == (
        "soc: nobody there is known as anna, jonas, lena, samir, tom, who may approve"
    )
    assert run("people", "unenrol", "soc").out == "U0ADMIN in soc is admin no longer\n"
    assert run("people", "unenrol", "soc").code == 1


def test_an_enrolment_is_declined(at: Path, run: Run) -> None:
    made = run("people", "enrol", "soc", "--json").json
    assert run("people", "decline", str(made["id"])).out == f"{made['id']}: declined\n"
    assert "nothing waits to be confirmed" in run("people", "enrolments").err
