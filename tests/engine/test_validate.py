"""Running the checks, and summing up what they found."""

from dataclasses import dataclass
from typing import cast

import pytest

from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.ports import Subject
from engine.validate import blast, narrowing, run_checks, worst

NOBODY = cast(Subject, None)
"""The checks here never look at their subject."""

FLOWS: Json = {"backup": {"lines": 2, "count": 28, "bytes": 900}, "business": {"lines": 1, "count": 5, "bytes": 7}}


@dataclass(frozen=True)
class Says:
    id: str
    answer: CheckResult | Exception

    def run(self, subject: Subject) -> CheckResult:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def result(outcome: str, narrowed: Json | None = None, **details: object) -> CheckResult:
    return CheckResult.model_validate(
        {"check": "c", "outcome": outcome, "summary": "s", "narrowed": narrowed, "details": details}
    )


def test_every_check_answers_in_order() -> None:
    answers = run_checks((Says("c", result("warn")), Says("c", result("pass"))), NOBODY)
    assert [answer.outcome for answer in answers] == ["warn", "pass"]


@pytest.mark.parametrize("error", [KeyError("x"), RecursionError("deep"), ZeroDivisionError("a\nb")])
def test_a_check_that_raises_is_an_error_that_stops(error: Exception) -> None:
    (answer, other) = run_checks((Says("broken", error), Says("c", result("pass"))), NOBODY)
    assert (answer.check, answer.outcome, answer.outcome.stops) == ("broken", "error", True)
    assert answer.summary.startswith(f"could not answer: {type(error).__name__}: ")
    assert "\n" not in answer.summary
    assert other.outcome == "pass"


def test_a_check_may_not_answer_for_another() -> None:
    (answer,) = run_checks((Says("other", result("pass")),), NOBODY)
    assert (answer.check, answer.outcome) == ("other", "error")


@pytest.mark.parametrize(
    ("outcomes", "gravest"),
    [
        (["pass", "warn"], "warn"),
        (["block", "warn", "pass"], "block"),
        (["block", "error"], "error"),
        (["pass"], "pass"),
        ([], "error"),
    ],
)
def test_the_gravest_outcome_counts_and_silence_is_an_error(outcomes: list[str], gravest: str) -> None:
    assert worst([result(outcome) for outcome in outcomes]) is CheckOutcome(gravest)


def test_blast_sums_lines_dependents_and_share() -> None:
    results = [
        result("warn", flows=FLOWS),
        result("warn", dependents=["billing", "api"], share={"hosts": 1, "of": 9}),
        result("pass"),
    ]
    assert blast(results) == {
        "lines": {"backup": 2, "business": 1},
        "dependents": ["api", "billing"],
        "share": {"hosts": 1, "of": 9},
    }


def test_more_of_the_same_traffic_leaves_the_blast_what_it_was() -> None:
    grown: Json = {"backup": {"lines": 2, "count": 29, "bytes": 950}, "business": {"lines": 1, "count": 50, "bytes": 8}}
    assert blast([result("warn", flows=grown)]) == blast([result("warn", flows=FLOWS)])


def test_nothing_broken_is_no_blast() -> None:
    assert blast([result("pass")]) == {"lines": {}, "dependents": [], "share": None}


A: Json = {"target": "a", "spare": [1]}
B: Json = {"target": "a", "spare": [2]}


@pytest.mark.parametrize(
    ("results", "narrowed"),
    [
        ([], None),
        ([result("pass")], None),
        ([result("warn", A)], None),
        ([result("block", A)], A),
        ([result("block", A), result("block", A), result("warn", B), result("pass")], A),
        ([result("block", A), result("block", B)], None),
        ([result("block", A), result("block")], None),
        ([result("block", A), result("error")], None),
    ],
)
def test_a_narrowing_stands_only_if_all_that_block_agree(results: list[CheckResult], narrowed: Json | None) -> None:
    assert narrowing(results) == narrowed
