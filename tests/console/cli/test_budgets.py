"""`fireline budgets`: what is printed, and the exit code that says whether a vote counted."""

from collections.abc import Callable

import pytest

from console.cli import budgets
from engine.model.base import Json
from tests.console.cli.conftest import Run

TRIP: Json = {
    "id": "BT-0001", "scope": "block-outside", "at": "2026-11-21T03:00:00+00:00", "missing": 2, "asked": 20,
    "waiting": 3, "gathered": 0, "review": "RV-0001", "why": "budget spent: this hour 60 of 60",
}  # fmt: skip


class Engine:
    """Answers whatever it is asked with one answer."""

    def __init__(self, answer: Json) -> None:
        self.answer, self.asked = answer, list[object]()

    def get(self, path: str, **query: bool) -> Json:
        self.asked.append((path, query))
        return self.answer

    def post(self, path: str, body: Json) -> Json:
        self.asked.append((path, body))
        return self.answer


Answering = Callable[[Json], Engine]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    def answering(answer: Json) -> Engine:
        engine = Engine(answer)
        monkeypatch.setattr(budgets, "connect", lambda *_: engine)
        return engine

    return answering


def test_what_stands_tripped_is_a_line_each_with_why(run: Run, answering: Answering) -> None:
    engine = answering({"trips": [TRIP], "segments": []})
    done = run("budgets", "list", "--all")
    assert done.code == 0
    assert done.out.startswith("BT-0001  block-outside  ")
    assert done.out.endswith("2  20  3  0  RV-0001  budget spent: this hour 60 of 60\n")
    assert engine.asked == [("/budgets", {"all": True})]


def test_nothing_tripped_is_said(run: Run, answering: Answering) -> None:
    answering({"trips": [], "segments": []})
    assert run("budgets", "list").out == "no budget stands tripped\n"


def test_each_segment_is_told_with_what_may_be_done_there_without_approval(run: Run, answering: Answering) -> None:
    lab: Json = {"segment": "lab", "assets": 40, "in_force": 1, "limit": 2}
    answering({"trips": [], "segments": [lab, {**lab, "segment": "guest", "limit": None}]})
    assert run("budgets", "list").out.splitlines()[1:] == [
        "segment:lab  1 in force of 40 assets, at most 2 without approval",
        "segment:guest  1 in force of 40 assets",
    ]


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        ({"accepted": True, "because": "", "missing": 1}, 0, "block-outside: 1 more to reset it\n"),
        ({"accepted": True, "because": "", "missing": 0}, 0, "block-outside: reset\n"),
        ({"accepted": False, "because": "has voted already", "missing": 1}, 1, "does not count: has voted already\n"),
    ],
)
def test_a_vote_is_answered(run: Run, answering: Answering, answer: Json, code: int, said: str) -> None:
    engine = answering({"scope": "block-outside", **answer})
    done = run("budgets", "reset", "block-outside", "--reason", "fixed")
    assert (done.code, done.out) == (code, said)
    assert engine.asked == [("/budgets/reset", {"scope": "block-outside", "reason": "fixed"})]
