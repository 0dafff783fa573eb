"""The doctor says whose one-time codes cannot be checked, and who has none."""

from pathlib import Path

import pytest

from console import first_run
from console.cli.doctor.codes import codes
from engine.settings import load
from engine.step_up import new_secret


@pytest.fixture(autouse=True)
def initialised(home: Path) -> None:
    home.mkdir(mode=0o700)
    first_run.init(home, "demo")


def give(home: Path, name: str, secret: str) -> None:
    file, people = home / f"{name}.totp", home / "people.yaml"
    file.write_text(secret)
    file.chmod(0o600)
    people.write_text(people.read_text().replace(f"  {name}:\n", f"  {name}:\n    totp: file:{file}\n", 1))


def told() -> list[tuple[str, str]]:
    return [(line.health, line.said) for line in codes(load())]


def test_a_secret_that_is_good_and_one_that_is_none(home: Path) -> None:
    good = new_secret()
    give(home, "anna", good)
    give(home, "samir", "not base32!")
    (first, said), (second, why), _ = told()
    assert (first, said) == ("pass", "anna: codes can be checked")
    assert (second, why) == ("fail", "samir: it is no base32 of 112 bits or more")
    assert good not in str(told())


def test_where_everybody_needs_one_whoever_has_none_is_named(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_STEP_UP", "required")
    give(home, "anna", new_secret())
    assert told()[1] == (
        "warn", "no yes at tier 4 counts of admin, jonas, lena, samir, tom, who have no secret for codes",
    )  # fmt: skip


def test_whose_yes_takes_no_code_is_named(home: Path) -> None:
    [said] = told()
    assert said == (
        "warn", "a yes at tier 4 takes no code of admin, anna, jonas, lena, samir, tom, who have no secret for codes",
    )  # fmt: skip


def test_where_no_code_is_asked_none_is_looked_at(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FIRELINE_STEP_UP", "off")
    give(home, "anna", "not base32!")
    assert told() == []
