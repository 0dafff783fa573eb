"""Who is on duty when, from the people's file: what a proof needs to know about them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.staff import AHEAD, staff

MONDAY = datetime(2026, 11, 23, 12, tzinfo=UTC)
PEOPLE = """\
version: 1
groups: {responders: r}
people:
  anna: {name: Anna, roles: [approver], groups: [responders]}
  tom: {name: Tom, roles: [approver], groups: [responders]}
"""
ROTA = """\
rota:
  - {principal: anna, group: responders}
  - {principal: tom, group: responders, days: [mon], start: "22:00", end: "06:00", timezone: Europe/Berlin}
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE)
    path.chmod(0o600)
    return path


def test_without_a_rota_everybody_is_always_there(people: Path) -> None:
    [duty] = staff(people, (), MONDAY).duties
    assert (duty.since, duty.people) == (MONDAY, frozenset({"anna", "tom"}))


def test_every_change_of_who_is_there_begins_a_duty(people: Path) -> None:
    people.write_text(PEOPLE + ROTA)
    duties = staff(people, (), MONDAY).duties
    night = MONDAY.replace(hour=21)
    both = [duty.since for duty in duties if duty.people == {"anna", "tom"}]
    assert both == [night + timedelta(days=7 * week) for week in range(3)]
    assert {duty.since.hour for duty in duties if duty.people == {"anna"}} == {5, 12}
    assert duties[-1].since < MONDAY + AHEAD


def test_a_target_without_an_owner_is_always_asked_about(people: Path) -> None:
    assert staff(people, ["db-owners", "db-owners"], MONDAY).owners == ("", "db-owners")
