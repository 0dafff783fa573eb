"""A fresh home: written once, whole, and for its owner only."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.first_run import init
from console.people import FilePeople
from engine.errors import InvalidInput
from engine.settings import load

ANY_TIME = datetime(2026, 11, 16, 3, tzinfo=UTC)


def test_the_administrator_can_log_in_with_the_token(home: Path) -> None:
    init(home)
    who = FilePeople(home / "people.yaml").by_token((home / "token").read_text().strip())
    assert who is not None
    assert who.id == "admin"


def test_nobody_else_may_read_what_is_written(home: Path) -> None:
    init(home, "demo")
    assert home.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in home.iterdir()} == {0o600}
    assert sorted(path.name for path in home.iterdir()) == ["fireline.yaml", "people.yaml", "token"]


def test_the_demo_has_its_people_and_settings(home: Path) -> None:
    init(home, "demo")
    people = FilePeople(home / "people.yaml")
    groups = ("responders", "db-owners", "identity-owners", "governance")
    assert [bool(people.on_call(group, ANY_TIME)) for group in groups] == [True] * 4
    assert [who.id for who in people.all() if who.bot] == ["siem-bot"]
    assert load().site == "demo"


def test_no_demo_leaves_no_site(home: Path) -> None:
    init(home)
    assert load().site is None
    assert [who.id for who in FilePeople(home / "people.yaml").all()] == ["admin"]


def test_two_homes_never_share_a_token(tmp_path: Path) -> None:
    init(tmp_path / "a")
    init(tmp_path / "b")
    assert (tmp_path / "a" / "token").read_text() != (tmp_path / "b" / "token").read_text()


def test_what_stands_there_is_kept(home: Path) -> None:
    init(home, "demo")
    before = {path: path.read_bytes() for path in home.iterdir()}
    assert init(home).written == ()
    assert {path: path.read_bytes() for path in home.iterdir()} == before


def test_a_run_that_died_after_the_token_is_completed(home: Path) -> None:
    init(home)
    token = (home / "token").read_text().strip()
    (home / "people.yaml").unlink()
    assert init(home).written == ("people.yaml",)
    assert FilePeople(home / "people.yaml").by_token(token) is not None


def test_people_without_a_token_get_none_that_opens_nothing(home: Path) -> None:
    init(home)
    (home / "token").unlink()
    assert init(home).written == ()
    assert not (home / "token").exists()


def test_bad_people_are_told_at_once(home: Path) -> None:
    init(home)
    (home / "people.yaml").write_text("version: 1\n")
    with pytest.raises(InvalidInput, match="`people` is missing"):
        init(home)
