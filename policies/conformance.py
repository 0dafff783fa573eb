"""The laws of checks: total, pure, in one line, and silent about what changes nothing."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from engine.conformance import laws, require, same
from engine.digest import canonical
from engine.model.action import Impact
from engine.model.check import CheckOutcome, CheckResult
from engine.ports import Check, Subject
from policies.subjects import made_up

SUBJECTS = 400
SEED = 20261121


@dataclass(frozen=True)
class CheckCase:
    """One check, asked about the same made-up requests every time."""

    check: Check

    def subjects(self, impact: Impact | None = None) -> Iterator[Subject]:
        """Requests of every kind on a small site; all of one impact, if given."""
        chance = random.Random(SEED)
        return (made_up(chance, impact) for _ in range(SUBJECTS))

    def answers(self, impact: Impact | None = None) -> Iterator[CheckResult]:
        """What it answers to each."""
        return (self.check.run(subject) for subject in self.subjects(impact))


async def it_answers_whatever_it_is_asked(case: CheckCase) -> None:
    """An error blocks, so a check that cannot answer stops what it has nothing against."""
    for subject, answer in zip(case.subjects(), case.answers(), strict=True):
        asked = f"`{subject.request.action}` on `{subject.request.target}`"
        require(isinstance(answer, CheckResult), f"asked about {asked} it answers with no `CheckResult`")
        require(answer.outcome is not CheckOutcome.ERROR, f"asked about {asked} it answers `error`: {answer.summary}")


async def it_answers_under_its_own_name(case: CheckCase) -> None:
    """An answer for another counts as an error."""
    for answer in case.answers():
        same(answer.check, case.check.id, "an answer's `check`")


async def its_answers_are_one_line_for_people(case: CheckCase) -> None:
    """They stand on cards and in the ledger."""
    for answer in case.answers():
        good = answer.summary.strip() and answer.summary.isprintable() and len(answer.summary) <= 500
        require(good, f"a summary is no printable line of at most 500 characters: {answer.summary!r}")
        canonical(answer.model_dump(mode="json"))


async def asked_the_same_it_answers_the_same(case: CheckCase) -> None:
    """It is asked when planning, and again right before executing."""
    same([*case.answers()], [*case.answers()], "asked a second time it answers")


async def what_changes_nothing_passes(case: CheckCase) -> None:
    """People are told whatever happens."""
    for answer in case.answers(Impact.NONE):
        same(answer.outcome, CheckOutcome.PASS, "about what changes nothing it says")


async def nobody_can_change_it(case: CheckCase) -> None:
    """One instance serves every request."""
    try:
        case.check.id = "other"  # type: ignore[misc]
    except (AttributeError, TypeError):
        return
    require(False, "its id can be changed: make it a frozen dataclass")


EVERY = laws(
    it_answers_whatever_it_is_asked,
    it_answers_under_its_own_name,
    its_answers_are_one_line_for_people,
    asked_the_same_it_answers_the_same,
    what_changes_nothing_passes,
    nobody_can_change_it,
)
"""For every check."""
