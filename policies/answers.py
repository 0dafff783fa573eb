"""How the checks answer, and what several of them ask of their subject."""

from engine.model.action import Impact
from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.model.decision import Tier
from engine.model.request import RequestState
from engine.ports import Check, Subject

LISTED = 20
"""How many names or lines of traffic an answer lists; it counts them all."""


def passed(check: Check, summary: str, details: Json | None = None) -> CheckResult:
    """Nothing speaks against it."""
    return _answer(check, CheckOutcome.PASS, summary, details, None)


def warned(check: Check, summary: str, details: Json | None = None) -> CheckResult:
    """People should know this before they say yes."""
    return _answer(check, CheckOutcome.WARN, summary, details, None)


def blocked(check: Check, summary: str, details: Json | None = None, narrowed: Json | None = None) -> CheckResult:
    """It must not be done, at least not like this."""
    return _answer(check, CheckOutcome.BLOCK, summary, details, narrowed)


def failed(check: Check, summary: str, details: Json | None = None) -> CheckResult:
    """What would have to be known is not, so that nothing may be done on it."""
    return _answer(check, CheckOutcome.ERROR, summary, details, None)


def harmless(subject: Subject) -> bool:
    """Whether the action changes nothing at its target, so that there is nothing to guard."""
    return subject.spec.impact is Impact.NONE


def executing(subject: Subject) -> bool:
    """Whether this is the last look before the effect, not the plan."""
    return subject.request.state is RequestState.AUTHORISED


def by_people(subject: Subject) -> bool:
    """Whether it is done only because people said, or will have to say, yes."""
    return subject.approved or (subject.decision.tier >= Tier.ASK and not executing(subject))


def listed(names: list[str]) -> str:
    """Names as a sentence takes them, the many cut short."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _answer(
    check: Check, outcome: CheckOutcome, summary: str, details: Json | None, narrowed: Json | None
) -> CheckResult:
    # Reasons and errors that others wrote may have line breaks; a summary is one line.
    line = " ".join(summary.split())
    return CheckResult(check=check.id, outcome=outcome, summary=line, details=details or {}, narrowed=narrowed)
