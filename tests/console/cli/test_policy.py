"""`fireline policy`: whether a file is sound, and what would be decided, without an engine and without a trace."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.cli.main import app
from detectors.generators.alerts import beaconing
from engine.errors import InvalidInput

ROOT = Path(__file__).parents[3]
BASELINE = ROOT / "policies" / "baseline.yaml"
BLOCK = ("--action", "network.block_ip", "--target", "198.51.100.23")


@pytest.fixture
def alert(tmp_path: Path) -> Path:
    path = tmp_path / "alert.json"
    path.write_text(beaconing(datetime.now(UTC), beats=1)[0] + "\n")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, arguments)])


def test_a_sound_policy_is_named_with_its_digest() -> None:
    answer = json.loads(run("check", BASELINE, "--json").stdout)
    assert (answer["policy"], answer["valid"], len(answer["digest"])) == ("baseline", True, 64)


def test_the_next_windows_of_each_calendar_are_told() -> None:
    told, answer = run("check", BASELINE).stdout, json.loads(run("check", BASELINE, "--json").stdout)
    assert "calendar `change-freeze` (change_freeze, change-management): empty\n" in told
    found = {one["calendar"]: (one["kind"], one["events"], len(one["next"])) for one in answer["calendars"]}
    assert found["patch-night"] == ("occasion", 1, 3)
    assert found["maintenance"] == ("maintenance", 0, 0)


def test_everything_wrong_with_a_policy_is_told_with_its_place(tmp_path: Path) -> None:
    wrong = tmp_path / "mine.yaml"
    wrong.write_text(
        BASELINE.read_text().replace("version: 1", "verson: 1").replace("      hour: 200\n", "      hour: many\n")
    )
    error = run("check", wrong).exception
    assert isinstance(error, InvalidInput)
    first, second, third = str(error).splitlines()
    assert first.startswith(f"{wrong}:2:1: `version` is missing")
    assert ": `budgets.rows.9.hour`: input should be a valid integer" in second
    assert third.startswith(f"{wrong}:3:1: unknown key `verson`")


@pytest.mark.parametrize("chosen", [(), ("--policy", "demo"), ("--policy", str(BASELINE))])
def test_without_an_engine_it_is_decided_all_the_same_and_nothing_is_written(
    alert: Path, home: Path, chosen: tuple[str, ...]
) -> None:
    answer = json.loads(run("explain", alert, *BLOCK, *chosen, "--json").stdout)
    assert answer["tier"] in range(5)
    assert answer["reasons"]
    assert "budget" in {check["check"] for check in answer["checks"]}
    assert not home.exists()


def test_a_finding_that_cannot_be_read_is_told_at_its_place(tmp_path: Path, home: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('\n{"detector": 7}\n')
    error = run("explain", bad, *BLOCK).exception
    assert isinstance(error, InvalidInput)
    assert (error.file, error.line) == (str(bad), 2)


def test_check_with_an_action_explains(alert: Path, home: Path) -> None:
    asked = (alert, *BLOCK, "--policy", "baseline", "--json")
    assert run("check", *asked).stdout == run("explain", *asked).stdout


def test_an_action_needs_its_target(alert: Path, home: Path) -> None:
    with pytest.raises(InvalidInput, match="say which action on what: --action and --target"):
        CliRunner().invoke(app, ["policy", "explain", str(alert), "--action", "notify"], catch_exceptions=False)
