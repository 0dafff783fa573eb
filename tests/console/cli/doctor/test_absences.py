"""The doctor says who is away, and which calendars nobody is away by."""

from datetime import timedelta
from pathlib import Path

from console import first_run
from console.cli.doctor.content import people
from console.clock import now
from engine.settings import load

DAY = timedelta(days=1)


def told(home: Path, more: str) -> list[tuple[str, str]]:
    """What is said of the demo's people and their absences."""
    home.mkdir(mode=0o700)
    first_run.init(home, "demo")
    file = home / "people.yaml"
    file.write_text(file.read_text() + more)
    return [(line.health, line.said) for line in people(load())]


def test_who_is_away_is_named(home: Path) -> None:
    today = now().date()
    said = told(home, f"absences: [{{principal: anna, from: {today - DAY}, until: {today + DAY}}}]\n")
    assert ("pass", "away, so asked last: anna") in said


def test_a_quorum_that_those_away_leave_open_fails(home: Path) -> None:
    today = now().date()
    away = "".join(
        f"  - {{principal: {name}, from: {today}, until: {today + 30 * DAY}}}\n" for name in ("anna", "samir")
    )
    said = told(home, f"absences:\n{away}")
    assert [health for health, words in said if "tier `ask_two`" in words] == ["fail"]


def test_a_calendar_that_cannot_be_read_is_odd_and_takes_nobody_away(home: Path) -> None:
    said = told(home, "calendars: [{file: away.ics}]\n")
    assert [words[:34] for health, words in said if health == "warn"] == ["nobody is away by `away.ics`: `awa"]
    assert not any(words.startswith("away,") for _, words in said)
