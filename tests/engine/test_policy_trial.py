"""A policy held against its cases: failures name the clause, and a clause that nothing tests is named too."""

from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine import documents
from engine.policy_cases import beside, load_cases
from engine.policy_file import parse_policy
from engine.policy_trial import Trial, try_policy

SPECS = ActionSpecs()
FOLDER = Path(__file__).parents[2] / "policies"


def trial(name: str, old: str = "", new: str = "") -> Trial:
    """The shipped policy with one change, against its own cases."""
    path = FOLDER / f"{name}.yaml"
    text = path.read_text()
    assert old in text
    policy = parse_policy(text.replace(old, new, 1), name, SPECS)
    return try_policy(policy, load_cases(beside(path), policy, SPECS), SPECS)


@pytest.mark.parametrize("name", ["baseline", "demo"])
def test_the_shipped_policies_say_what_was_meant_and_every_clause_is_tested(name: str) -> None:
    result = trial(name)
    assert [str(failure) for failure in result.failures] == []
    assert result.untested == ()
    assert result.passed


def test_every_policy_that_ships_has_cases() -> None:
    shipped = {path.name for path in FOLDER.glob("*.yaml") if not path.name.endswith(".cases.yaml")}
    assert {beside(FOLDER / name).name for name in shipped} == {path.name for path in FOLDER.glob("*.cases.yaml")}


def test_a_failure_says_where_the_case_stands_and_which_clause_it_is_about() -> None:
    [failure] = trial("baseline", "to: 3\n    because: the source's data are not", "to: 1\n    because: it").failures
    lines = beside(FOLDER / "baseline.yaml").read_text().splitlines()
    assert (failure.case, failure.clauses) == ("sick-source", ("sick-source", "unknown-source", "outside-two-origins"))
    assert lines[failure.at.line - 1] == "  - id: sick-source"
    assert failure.problems == ("tier 1, expected 3", "`sick-source` did not speak")


def test_a_clause_that_nobody_tests_is_named() -> None:
    more = "rules:\n  - {id: new, kind: observe, when: time.hour == 3, because: night}\n"
    result = trial("baseline", "rules:\n", more)
    assert (result.failures, result.untested, result.passed) == ((), (("rule", "new"),), False)
    tested, all_rules = result.coverage()["rule"]
    assert all_rules == tested + 1 > 2


def test_a_clause_that_holds_but_that_no_case_expects_is_untested() -> None:
    more = "rules:\n  - {id: new, kind: raise, to: 0, when: 'true', because: always}\n"
    assert trial("baseline", "rules:\n", more).untested == (("rule", "new"),)


def test_an_exception_that_is_off_is_tested_as_if_it_were_on() -> None:
    failures = trial("baseline", "intel.fresh_origins >= 2", "intel.fresh_origins >= 1").failures
    assert [(failure.case, failure.problems[-1]) for failure in failures] == [
        ("one-fresh-origin", "`extremely-sure` spoke")
    ]


def test_turning_the_exception_on_is_noticed() -> None:
    failures = trial("baseline", "enabled: false", "enabled: true").failures
    assert "`extremely-sure` spoke" in {problem for failure in failures for problem in failure.problems}


def test_an_enforcing_scope_speaks_where_something_is_done() -> None:
    wider = trial("demo", 'when: action.executor != "simulated"', "when: 'false'")
    assert {failure.case for failure in wider.failures} == {"real", "nobody-knows-whether-real"}
    assert ("scope", "anything-real") in wider.untested


def test_a_case_beside_another_policy_is_read_with_its_own_name() -> None:
    cases = documents.read(beside(FOLDER / "demo.yaml")).data
    assert cases["policy"] == "demo"
