"""`fireline policy test`, `diff`, `what-if` and `prove`, as they are typed."""

import asyncio
import re
from pathlib import Path

from console.clock import now
from detectors.generators import alerts
from tests.bench import findings, on_bench
from tests.console.cli.conftest import Run

POLICIES = Path(__file__).parents[3] / "policies"


def test_the_active_policy_is_held_against_the_cases_beside_it(run: Run, home: Path) -> None:
    done = run("policy", "test")
    assert (done.code, done.err) == (0, "")
    counts = re.search(r"tested are (\d+) of (\d+) rows, (\d+) of (\d+) rules, (\d+) of (\d+) exceptions", done.out)
    assert counts is not None
    assert counts.groups()[::2] == counts.groups()[1::2]
    assert run("policy", "test", "demo", "--json").json["passed"] is True


def test_a_case_that_comes_out_otherwise_is_told_with_place_and_clause(run: Run, home: Path, tmp_path: Path) -> None:
    mine, cases = tmp_path / "mine.yaml", POLICIES / "baseline.cases.yaml"
    mine.write_text((POLICIES / "baseline.yaml").read_text().replace("when: identity.break_glass", "when: 'false'"))
    done = run("policy", "test", str(mine), "--cases", str(cases))
    told = done.out.splitlines()
    assert done.code == 1
    assert told[0].startswith(f"{cases}:")
    assert told[0].endswith(
        ": case `break-glass` (break-glass, disable-high): effect observe, expected deny; `break-glass` did not speak"
    )
    assert told[1] == "rule `break-glass` is tested by no case"
    answer = run("policy", "test", str(mine), "--cases", str(cases), "--json").json
    assert answer["untested"] == [{"kind": "rule", "id": "break-glass"}]


def test_without_cases_there_is_no_test(run: Run, home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text((POLICIES / "baseline.yaml").read_text())
    done = run("policy", "test", str(mine))
    assert done.code == 2
    assert f"{tmp_path / 'mine.cases.yaml'}: cannot be read" in done.err


def test_what_the_demo_says_otherwise_is_listed(run: Run, home: Path) -> None:
    done = run("policy", "diff", "baseline", "demo")
    lines = done.out.splitlines()
    assert done.code == 0
    assert "can allow more  enforcement.scopes.simulated-site added" in lines
    assert "can allow more  rules.unknown-source removed" in lines
    assert "can allow more  grants.demo-load added" in lines
    assert "no more allowed  matrix.outside-two-origins.lease changed 1 day, 0:00:00 -> 0:00:20" in lines
    answer = run("policy", "diff", "baseline", "demo", "--json").json
    changes = answer["changes"]
    assert isinstance(changes, list)
    assert lines[-1] == f"{len(changes)} differences, {answer['can_allow_more']} can allow more"
    assert run("policy", "diff", "demo", "demo").out == "they say the same\n"


def test_what_if_makes_recorded_decisions_again_and_executes_nothing(run: Run, home: Path, tmp_path: Path) -> None:
    with on_bench(home, now()) as bench:
        beacon = findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]
        asyncio.run(bench.feed(beacon))
    done = run("policy", "what-if", "--policy", "baseline", "--since", "1d")
    first, flip, *_ = done.out.splitlines()
    assert (done.code, first) == (0, "REPLAY under policy `baseline`: nothing was executed, asked for or written")
    assert "network.block_ip 198.51.100.23" in flip
    answer = run("policy", "what-if", "--policy", "baseline", "--json").json
    assert (answer["replayed"], answer["executed"], answer["decisions"]) == (True, 0, 1)
    assert run("policy", "what-if", "--policy", "demo", "--json").json["flips"] == []


def test_what_if_without_a_record_is_away(run: Run, home: Path) -> None:
    done = run("policy", "what-if", "--policy", "baseline")
    assert done.code == 3
    assert "no recorded decisions" in done.err


def test_a_proof_is_told_and_so_is_what_stands_against_it(run: Run, home: Path, tmp_path: Path) -> None:
    done = run("policy", "prove")
    assert (done.code, done.out.startswith("policy `baseline`: proved: nothing protected")) == (0, True)
    mine = tmp_path / "mine.yaml"
    text = (POLICIES / "baseline.yaml").read_text()
    row = "matrix: [{id: mail, actions: [mail.quarantine], tier: 0, because: it is only mail}]\n"
    mine.write_text(text.partition("matrix:")[0] + row + text[text.index("budgets:") :])
    done = run("policy", "prove", str(mine))
    assert done.code == 1
    assert done.out.splitlines()[0] == (
        "mail.quarantine, tier 0: something is changed at tier 0, for which nothing has to be earned"
    )
    assert run("policy", "prove", str(mine), "--json").json["holds"] is False


ENDED = """\
exclusions:
  - {id: moved, targets: [files-02], owner: db-owners, reason: r, expires_at: 2020-01-12T06:00:00Z}
  - {id: open, targets: [203.0.113.7], owner: it-lead, reason: change 4711, expires_at: 2046-01-12T06:00:00Z}
"""


def test_what_has_ended_in_a_policy_is_told_at_its_place(run: Run, home: Path, tmp_path: Path) -> None:
    mine, text = tmp_path / "mine.yaml", (POLICIES / "baseline.yaml").read_text()
    mine.write_text(text + ENDED)
    line = text.count("\n") + 2
    warning = f"{mine}:{line}:5: warning: `moved` of db-owners ended at 2020-01-12T06:00:00+00:00 and counts no more"
    done = run("policy", "check", str(mine))
    assert (done.code, done.out.splitlines()[0]) == (0, warning)
    assert run("policy", "check", str(mine), "--json").json["warnings"] == [warning]
    assert run("policy", "check", str(POLICIES / "demo.yaml"), "--json").json["warnings"] == []


def test_an_explanation_names_the_exclusion_that_settled_it(run: Run, home: Path, tmp_path: Path) -> None:
    mine, alert = tmp_path / "mine.yaml", tmp_path / "alert.json"
    mine.write_text((POLICIES / "demo.yaml").read_text() + ENDED)
    alert.write_text(alerts.beaconing(now(), beats=1)[0])
    asked = ("--action", "network.block_ip", "--target", "203.0.113.7", "--policy", str(mine), "--json")
    answer = run("policy", "explain", str(alert), *asked).json
    said = "excluded by it-lead until 2046-01-12T06:00+00:00: change 4711"
    assert answer["effect"] == "deny"
    reasons, checks = answer["reasons"], answer["checks"]
    assert isinstance(reasons, list) and isinstance(checks, list)
    assert reasons[-1] == {"rule": "open", "text": said}
    blocking = [check["summary"] for check in checks if isinstance(check, dict) and check["outcome"] == "block"]
    assert blocking == [f"`open` {said}"]
