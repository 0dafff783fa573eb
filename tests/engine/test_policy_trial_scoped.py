"""Exclusions and protections held against cases: each has to be tested, and every weakening of one names it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.policy_cases import load_cases
from engine.policy_file import parse_policy
from engine.policy_trial import Trial, try_policy
from engine.ports import Specs

Try = Callable[..., Trial]

SCOPED = """\
exclusions:
  - id: calm
    targets: [files-02, 10.20.7.0/24]
    actions: [network.block_ip, host.isolate]
    when: time.hour < 20
    owner: db-owners
    reason: moves
    expires_at: 2026-12-01T00:00:00Z
protected:
  - {id: payroll, targets: [pay-01], owner: pay, reason: salaries, expires_at: 2026-12-01T00:00:00Z}
"""
ROW = "[{id: row, actions: [network.block_ip, host.isolate, notify], tier: 1, because: small}]"
CASES = """\
policy: small
start: {finding.present: true, finding.confidence: 0.99, autonomy.right: 400, autonomy.verdicts: 400}
cases:
  - {id: name, action: host.isolate, given: {target.value: files-02}, expect: {tier: 1, effect: deny, rules: [calm]}}
  - {id: address, action: network.block_ip, given: {target.value: 10.20.7.9, time.now: "2026-11-30T23:59:59Z"},
     expect: {tier: 1, effect: deny, rules: [calm], reasons: ["excluded by db-owners until 2026-12-01T00:00"]}}
  - {id: ended, action: host.isolate, given: {target.value: files-02, time.now: "2026-12-01T00:00:00Z"},
     expect: {tier: 1, effect: execute, rules: [row], silent: [calm]}}
  - {id: evening, action: host.isolate, given: {target.value: files-02, time.hour: 20},
     expect: {tier: 1, effect: execute, rules: [row], silent: [calm]}}
  - {id: other, action: host.isolate, given: {target.value: files-03},
     expect: {tier: 1, effect: execute, rules: [row], silent: [calm, payroll]}}
  - {id: payroll, action: host.isolate, given: {target.value: pay-01, time.now: "2026-11-30T23:59:59Z"},
     expect: {tier: 4, effect: ask, rules: [payroll], terms: {quorum: 2}}}
  - {id: paid, action: host.isolate, given: {target.value: pay-01, time.now: "2026-12-01T00:00:00Z"},
     expect: {tier: 1, effect: execute, silent: [payroll]}}
"""


@pytest.fixture
def attempt(policy_text: Callable[..., str], specs: Specs, tmp_path: Path) -> Try:
    """`attempt(old, new)`: the policy with one change, against the cases without those that `without` names."""

    def run(old: str = "", new: str = "", without: str = "\0") -> Trial:
        assert old in SCOPED
        policy = parse_policy(policy_text(ROW, more=SCOPED.replace(old, new, 1)), "small.yaml", specs)
        file = tmp_path / "small.cases.yaml"
        entries = CASES.split("\n  - ")
        file.write_text("\n  - ".join(entry for entry in entries if f"id: {without}," not in entry))
        return try_policy(policy, load_cases(file, policy, specs), specs)

    return run


def test_each_is_counted_and_tested(attempt: Try) -> None:
    result = attempt()
    assert (result.failures, result.untested) == ((), ())
    assert (result.coverage()["exclusion"], result.coverage()["protection"]) == ((1, 1), (1, 1))


def test_one_that_no_case_expects_is_named(attempt: Try) -> None:
    assert attempt(without="payroll").untested == (("protection", "payroll"),)


@pytest.mark.parametrize(
    ("clause", "old", "new"),
    [
        ("calm", SCOPED.partition("protected:")[0], ""),
        ("calm", "[files-02, 10.20.7.0/24]", "[files-02]"),
        ("calm", "[files-02, 10.20.7.0/24]", "[10.20.7.0/24]"),
        ("calm", "[files-02, 10.20.7.0/24]", "[files-02, files-03, 10.20.7.0/24]"),
        ("calm", "10.20.7.0/24", "10.20.7.0/30"),
        ("calm", "network.block_ip, host.isolate", "host.isolate"),
        ("calm", "network.block_ip, host.isolate", "network.block_ip"),
        ("calm", "time.hour < 20", "time.hour >= 20"),
        ("calm", "time.hour < 20", "'true'"),
        ("calm", "time.hour < 20", "'false'"),
        ("calm", "moves\n    expires_at: 2026-12-01T00:00:00Z", "moves\n    expires_at: 2026-12-01T00:00:01Z"),
        ("calm", "moves\n    expires_at: 2026-12-01T00:00:00Z", "moves\n    expires_at: 2026-11-30T23:59:59Z"),
        ("payroll", SCOPED[SCOPED.index("protected:") :], ""),
        ("payroll", "[pay-01]", "[pay-02]"),
        ("payroll", "[pay-01]", "[pay-01, files-03]"),
        ("payroll", "salaries, expires_at: 2026-12-01T00:00:00Z", "salaries"),
        ("payroll", "salaries, expires_at: 2026-12-01T00:00:00Z", "salaries, expires_at: 2026-11-30T00:00:00Z"),
    ],
)
def test_whatever_is_done_to_one_is_noticed_and_names_it(clause: str, old: str, new: str, attempt: Try) -> None:
    result = attempt(old, new)
    assert not result.passed
    assert clause in {name for failure in result.failures for name in failure.clauses}
