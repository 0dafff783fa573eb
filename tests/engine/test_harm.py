"""When samples tell of harm, as a table."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.harm import (
    BASELINE_TRIES,
    NO_BASELINE,
    NOTHING_WORKED,
    TIME_IS_UP,
    begun,
    due_at,
    harmed,
    needs_baseline,
    proving,
    seen,
    watch,
)
from engine.model.harm import HarmTerms, HarmWatch, Round, Sample, TcpProbe

T0 = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SHOP = TcpProbe(id="shop", kind="tcp", host="192.0.2.10", port=443, because="it sells")
MAIL = TcpProbe(id="mail", kind="tcp", host="192.0.2.25", port=25, because="it is read")
TERMS = HarmTerms(every=MINUTE, lasts=5 * MINUTE, probes=(SHOP, MAIL))


def look(word: str) -> Round | None:
    """`+-`: the shop passed, the mail failed; `.`: that one could not be tried; `?`: nobody could look."""
    if word == "?":
        return None
    marks = zip(("shop", "mail"), word, strict=True)
    return tuple(Sample(probe=name, passed=mark == "+", tried=mark != ".") for name, mark in marks)


def after(baseline: str, *rounds: str) -> HarmWatch:
    watched = watch(TERMS, TERMS.probes)
    assert watched is not None
    watched = begun(watched, look(baseline))
    for number, word in enumerate(rounds, 1):
        watched = seen(watched, look(word), T0, T0 + number * MINUTE)
    return watched


@pytest.mark.parametrize(
    ("baseline", "rounds", "harm"),
    [
        ("++", [], []),
        ("++", ["++", "++", "++"], []),
        ("++", ["-+"], []),
        ("++", ["-+", "-+"], ["shop"]),
        ("++", ["-+", "++", "-+"], ["shop"]),
        ("++", ["-+", "++", "++", "-+"], []),
        ("++", ["-+", "+-", "++"], []),
        ("++", ["--", "--"], ["shop", "mail"]),
        ("-+", ["-+", "-+", "-+"], []),
        ("-+", ["--", "--"], ["mail"]),
        ("--", ["--", "--"], []),
        ("++", ["-+", "?", "?", "?"], []),
        ("++", ["-+", "?", "-+"], ["shop"]),
        ("++", [".+", ".+", ".+"], []),
        ("++", ["..", "..", ".."], []),
        ("++", ["-+", ".+", "-+"], ["shop"]),
        ("++", ["-+", "..", "..", "-+"], ["shop"]),
        (".+", ["-+", "-+"], []),
    ],
)
def test_two_failures_of_three_samples_of_what_worked_before_are_harm(
    baseline: str, rounds: list[str], harm: list[str]
) -> None:
    assert [sample.probe for sample in harmed(after(baseline, *rounds))] == harm


def test_what_failed_before_the_effect_is_not_tried_again() -> None:
    assert [probe.id for probe in proving(after("-+"))] == ["mail"]


def test_where_nothing_worked_before_nobody_looks() -> None:
    watched = after("--")
    assert (watched.over, due_at(watched, T0)) == (NOTHING_WORKED, None)


@pytest.mark.parametrize("word", ["?", ".."])
def test_a_baseline_that_nobody_can_take_is_given_up(word: str) -> None:
    watched = after(word)
    for _ in range(BASELINE_TRIES - 1):
        assert needs_baseline(watched)
        watched = begun(watched, look(word))
    assert (watched.over, due_at(watched, T0), needs_baseline(watched)) == (NO_BASELINE, None, False)


def test_looks_follow_each_other_until_their_time_is_up() -> None:
    assert due_at(after("++"), None) is None
    assert due_at(after("++"), T0) == T0 + MINUTE
    assert due_at(after("++", "++", "?"), T0) == T0 + 3 * MINUTE
    watched = after("++", *["++"] * 5)
    assert (watched.over, due_at(watched, T0)) == (TIME_IS_UP, None)


def test_nothing_declared_is_nothing_to_watch() -> None:
    assert watch(TERMS, ()) is None
    assert harmed(None) == ()
    assert due_at(None, T0) is None
