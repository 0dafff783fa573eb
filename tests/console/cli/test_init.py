"""`fireline init` and `fireline people`, as a user types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli.main import app
from console.people import FilePeople

RUN = CliRunner()


def test_init_sets_up_a_home_that_can_be_set_up_again(home: Path) -> None:
    first = json.loads(RUN.invoke(app, ["init", "--site", "demo", "--json"]).stdout)
    token = (home / "token").read_text()
    second = json.loads(RUN.invoke(app, ["init", "--json"]).stdout)
    assert first["written"] == second["kept"] == ["token", "people.yaml", "fireline.yaml"]
    assert first["kept"] == second["written"] == []
    assert (home / "token").read_text() == token


def test_init_says_in_words_what_it_did(home: Path) -> None:
    RUN.invoke(app, ["init"])
    (home / "fireline.yaml").unlink()
    lines = RUN.invoke(app, ["init"]).stdout.splitlines()
    assert lines == [f"wrote {home}/fireline.yaml", f"kept {home}/token", f"kept {home}/people.yaml"]


def test_people_are_listed_without_their_tokens(home: Path) -> None:
    RUN.invoke(app, ["init", "--site", "demo"])
    listed = RUN.invoke(app, ["people", "list", "--json"]).stdout
    assert [who["id"] for who in json.loads(listed)["people"]][:3] == ["admin", "anna", "samir"]
    assert "token" not in listed
    assert "db-owners" in RUN.invoke(app, ["people", "list"]).stdout


def test_a_made_token_opens_the_door_once_its_digest_stands_in_the_file(home: Path) -> None:
    RUN.invoke(app, ["init", "--site", "demo"])
    made = json.loads(RUN.invoke(app, ["people", "token", "--json"]).stdout)
    people = home / "people.yaml"
    people.write_text(
        people.read_text().replace("    accounts: [akeller]", f"    token_sha256: {made['token_sha256']}")
    )
    who = FilePeople(people).by_token(made["token"])
    assert who is not None
    assert who.id == "anna"


def test_a_bad_settings_file_stops_every_command(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    RUN.invoke(app, ["init"])
    (home / "fireline.yaml").write_text("polcy: demo\n")
    assert "fireline.yaml:1:1: unknown key `polcy`" in str(RUN.invoke(app, ["people", "list"]).exception)
