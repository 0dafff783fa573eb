"""Which laws an action's case is to keep, and which it gives no means to try."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from actions.conformance import doing, faults, late, restoring, secrets
from actions.conformance.case import Case
from engine.conformance import Law
from engine.displacing import Displaces


@dataclass(frozen=True)
class Suite:
    """Laws that go together; where they ask more of a case than `Case` does, by which member (`needs`)."""

    laws: Sequence[Law[Case]]
    needs: str = ""


def suites_for(case: Case) -> Iterator[Suite]:
    """Everything that is asked of such an action, whether or not this case can be tried on it."""
    lasting = case.action.spec.lasting
    yield Suite(doing.EVERY)
    yield _beyond(faults.FAULTS, "switch_on")
    yield _beyond(secrets.SECRETS, "secrets")
    if lasting:
        yield Suite(doing.LASTING)
        yield _beyond(faults.LASTING_FAULTS, "switch_on")
        yield _beyond(late.LATE, "arrive")
    if isinstance(case.action, Displaces):
        # A case that cannot change what is displaced breaks these, which say what it lacks: nobody else tries that.
        yield _beyond(restoring.RESTORING, "")


def laws_for(case: Case) -> tuple[Law[Case], ...]:
    """What this case can be tried on."""
    return tuple(law for suite in suites_for(case) if _can(case, suite) for law in suite.laws)


def untried(case: Case) -> tuple[str, ...]:
    """What it cannot be tried on, each with what the case lacks."""
    missing = [suite for suite in suites_for(case) if not _can(case, suite)]
    return tuple(f"{law.name}: its case has no `{suite.needs}`" for suite in missing for law in suite.laws)


def _can(case: Case, suite: Suite) -> bool:
    return not suite.needs or hasattr(case, suite.needs)


def _beyond(laws: object, needs: str) -> Suite:
    # Proof of the cast: a case without the member that these ask for besides is given none, or breaks them.
    return Suite(cast("Sequence[Law[Case]]", laws), needs)
