"""A policy on its way through a real engine: refused, proposed, voted on, active, taken back, kept over a restart."""

import re
from pathlib import Path

import pytest

from engine.model.base import Json
from tests.processes import Up, run_here

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "policies" / "demo.yaml"
RULE = "rules:\n  - {id: all-four, kind: raise, to: 4, when: action.impact > 0, because: new}\n"
UP = ("up", "--site", "demo", "--policy")
LOOK = ("actions", "request", "network.block_ip", "--target", "203.0.113.7", "--reason", "scanning")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """The demo's policy with one more rule, and its cases."""
    file = tmp_path / "mine.yaml"
    file.write_text(DEMO.read_text().replace("rules:\n", RULE, 1))
    file.with_suffix(".cases.yaml").write_text(DEMO.with_suffix(".cases.yaml").read_text())
    return file


def line(home: Path, *arguments: str) -> str:
    done = run_here(home, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(home: Path, code: int, *arguments: str) -> str:
    done = run_here(home, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    return done.stderr


def tier(up: Up, target: str) -> object:
    return up.ask(*LOOK[:4], target, *LOOK[5:], "--as", "tom")["tier"]


def versions(up: Up, kind: str = "policy") -> list[Json]:
    found = up.ask(kind, "history")["history"]
    assert isinstance(found, list)
    return [one for one in found if isinstance(one, dict)]


def test_a_policy_is_proposed_voted_on_and_active_at_once_and_a_kill_loses_no_vote(tmp_path: Path, mine: Path) -> None:
    up = Up(tmp_path / "home", *UP, "demo")
    try:
        _refused(up, mine)
        _voted(up, mine)
        line(up.home, "policy", "propose", "demo", "--as", "anna")
        line(up.home, "policy", "approve", "PP-0002", "--as", "lena")
        assert re.search(r"(?m)^put to the vote: 1\n  PP-0002  policy  demo.yaml  anna  1  ", line(up.home, "status"))
    finally:
        up.kill()
    up = Up(tmp_path / "home", *UP, "demo")
    try:
        _kept(up)
    finally:
        assert up.interrupt() == 0


def _refused(up: Up, mine: Path) -> None:
    broken = mine.with_name("broken.yaml")
    broken.write_text(mine.read_text().replace("kind: raise, to: 4", "kind: raise, to: 5"))
    told = refused(up.home, 2, "policy", "propose", str(broken), "--as", "anna")
    assert re.search(r"broken\.yaml:\d+:\d+: ", told)
    assert up.ask("policy", "proposals") == {"proposals": []}


def _voted(up: Up, mine: Path) -> None:
    before = tier(up, "203.0.113.7")
    told = line(up.home, "policy", "propose", str(mine), "--reason", "tighter", "--as", "anna")
    assert "takes 2 of governance, 2 more needed" in told
    assert "  no more allowed  rules.all-four added" in told.splitlines()
    assert re.search(r"(?m)^test: passed False, cases \d+, ", told)
    assert re.search(r"(?m)^prove: holds True, ", told)
    assert re.search(r"(?m)^what_if: replayed True, decisions 1, .*would_differ 1", told)
    assert "PP-0001: proposed this" in refused(up.home, 1, "policy", "approve", "PP-0001", "--as", "anna")
    assert line(up.home, "policy", "approve", "PP-0001", "--as", "lena") == "PP-0001 is open; 1 more needed\n"
    assert tier(up, "203.0.113.8") == before
    assert line(up.home, "policy", "approve", "PP-0001") == ("PP-0001 is activated: approved by admin + lena\n")
    assert (before, tier(up, "203.0.113.9")) == (2, 4)
    assert [one["came"] for one in versions(up)] == ["started", "voted"]
    assert up.ask("status")["policy"]["digest"] == versions(up)[-1]["digest"]  # type: ignore[call-overload,index]


def _kept(up: Up) -> None:
    log = (up.home.parent / "home.log").read_text()
    assert "policy: NOT TAKEN: demo version 1 (" in log
    assert "to have it voted on: fireline policy propose demo\n" in log
    assert tier(up, "203.0.113.10") == 4
    assert line(up.home, "policy", "approve", "PP-0002") == "PP-0002 is activated: approved by admin + lena\n"
    assert tier(up, "203.0.113.11") == 2
    assert line(up.home, "policy", "rollback", "--reason", "too lax", "--as", "lena").startswith("PP-0003 is activated")
    assert tier(up, "203.0.113.12") == 4
    assert "# mine.yaml" in line(up.home, "policy", "stored").splitlines()
