"""Runs the pre-execution checks over one request and sums up what they found.

Rules: 1. A check that raises, or that answers for another, has answered `error`, and an error blocks. 2. No answers at
all are an error too. 3. A narrowing is offered only if every check that blocks offers one and they agree.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from pydantic import JsonValue

from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.ports import Check, Subject

_RANK = list(CheckOutcome)
FLOWS = "flows"
"""In `CheckResult.details`: tag -> `lines` (who talks to whom on which port), `count` and `bytes` of its flows."""
DEPENDENTS = "dependents"
"""In `CheckResult.details`: names of the hosts that need what would be cut."""
CUT = "cut"
"""In `CheckResult.details`: the first of those lines, by their ends; where there are too many, sums without ends."""
SHARE = "share"
"""In `CheckResult.details`: how many `hosts` are reached `of` all that are known."""


def run_checks(checks: Iterable[Check], subject: Subject) -> tuple[CheckResult, ...]:
    """Every check's answer, in the order of the checks; never raises (rule 1)."""
    return tuple(_answer(check, subject) for check in checks)


def worst(results: Sequence[CheckResult]) -> CheckOutcome:
    """The gravest outcome (rule 2)."""
    return max((result.outcome for result in results), key=_RANK.index, default=CheckOutcome.ERROR)


def blast(results: Sequence[CheckResult]) -> Json:
    """What people approve to be broken at most: lines of tagged traffic, dependents, share of the known hosts.

    The volume of the traffic is left out: it changes by the minute, and what is approved has to stay what it was.
    """
    dependents = {name for found in _details(results, DEPENDENTS) for name in _names(found)}
    return {
        "lines": dict(sorted(_lines(results).items())),
        "dependents": [*sorted(dependents)],
        "share": next(_details(results, SHARE), None),
    }


def narrowing(results: Sequence[CheckResult]) -> Json | None:
    """Parameters under which all blocking checks would pass, if they agree on them (rule 3)."""
    offers = [result.narrowed for result in results if result.outcome.stops]
    first = offers[0] if offers else None
    return first if all(offer == first for offer in offers) else None


def _answer(check: Check, subject: Subject) -> CheckResult:
    try:
        result = check.run(subject)
    except Exception as error:  # INVARIANT: checks are total: whatever goes wrong in one refuses, and never passes
        return _error(check.id, f"could not answer: {type(error).__name__}: {error}")
    return result if result.check == check.id else _error(check.id, f"answered as `{result.check}`")


def _error(check: str, summary: str) -> CheckResult:
    return CheckResult(check=check, outcome=CheckOutcome.ERROR, summary=" ".join(summary.split())[:500])


def _lines(results: Sequence[CheckResult]) -> Counter[str]:
    found = Counter[str]()
    for tags in _details(results, FLOWS):
        found.update({tag: _number(_key(sums, "lines")) for tag, sums in _object(tags).items()})
    return found


def _details(results: Sequence[CheckResult], key: str) -> Iterator[JsonValue]:
    return (result.details[key] for result in results if key in result.details)


def _object(value: JsonValue) -> Json:
    return value if isinstance(value, dict) else {}


def _key(value: JsonValue, key: str) -> JsonValue:
    return _object(value).get(key)


def _names(value: JsonValue) -> Sequence[str]:
    return [str(name) for name in value] if isinstance(value, list) else []


def _number(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
