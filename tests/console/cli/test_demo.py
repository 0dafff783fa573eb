"""`fireline demo` as a command: its exit code and closing lines follow what was checked. CI plays it from the wheel."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from console.cli import demo_command
from console.cli.demo.stage import Stage
from console.cli.demo.story import Story
from console.cli.demo_command import Scenario
from engine.ledger.report import Report
from engine.model.base import Json
from engine.settings import Settings
from tests.console.cli.conftest import Run

Play = Callable[..., None]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, home: Path) -> Play:
    """`play(holds=…, verified=…)`: the next demo plays nothing, and comes out so."""

    def play(*, holds: bool = True, verified: bool = True, executed: str = "ee578d84") -> None:
        def story(settings: Settings, json: bool, scenario: Scenario) -> tuple[Story, Json]:
            played = Story(Stage(settings, lambda line: None), approved="ee578d84", executed=executed)
            played.claim("the server is not isolated", holds)
            return played, {"incidents": []}

        report = Report(entries=61, sealed=61, verified=verified)
        monkeypatch.setattr(demo_command, "_play", story)
        monkeypatch.setattr(demo_command, "_verified", lambda settings: report)

    return play


def test_a_demo_whose_claims_all_hold_succeeds_and_says_what_was_checked(play: Play, run: Run, home: Path) -> None:
    play()
    done = run("demo")
    assert done.code == 0
    assert done.out.splitlines()[1:4] == [
        "checked  the server is not isolated",
        "checked  the ledger verifies offline",
        "ledger   61 entries verified offline; approved ee57-8d84 = executed ee57-8d84",
    ]
    assert done.err == f"the demo's home stays: {home}\n"


def test_a_demo_with_a_claim_that_does_not_hold_fails(play: Play, run: Run) -> None:
    play(holds=False)
    done = run("demo")
    assert done.code == 1
    assert "FAILED   the server is not isolated" in done.out.splitlines()


def test_a_demo_whose_ledger_does_not_verify_fails(play: Play, run: Run) -> None:
    play(verified=False)
    done = run("demo", "--json")
    assert done.code == 1
    assert done.json["ledger"] == {"entries": 61, "verified": False}
    assert done.json["claims"] == {"the server is not isolated": True, "the ledger verifies offline": False}


def test_what_was_executed_otherwise_than_approved_is_told(play: Play, run: Run) -> None:
    play(executed="b2f9e231")
    assert "approved ee57-8d84 IS NOT executed b2f9-e231" in run("demo").out


def test_the_demo_refuses_somebody_s_home(run: Run, home: Path) -> None:
    run("init")
    done = run("demo")
    assert done.code == 2
    assert done.err.startswith(f"fireline: `{home}` is somebody's home")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whichever_signal_ends_the_demo_its_home_goes_with_it(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.delenv("FIRELINE_HOME")
    homes: list[Path] = []

    def interrupted(settings: Settings, json: bool, scenario: Scenario) -> None:
        homes.append(settings.home)
        os.kill(os.getpid(), number)

    monkeypatch.setattr(demo_command, "_play", interrupted)
    assert run("demo").code == 130
    assert [path.exists() for path in homes] == [False]
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
