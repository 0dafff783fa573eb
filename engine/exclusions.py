"""What a policy keeps from being touched: exclusions, and what it protects beside the site's own.

Rules: 1. Both only restrict: what an exclusion covers is denied, what is protected takes tier 4. 2. They count until
the instant they expire; where facts have no time or no target they count. 3. What gives no answer covers. 4. An action
that changes nothing touches nothing, and is never kept from anybody.
"""

from dataclasses import dataclass

from engine.gates import read_claim
from engine.model.action import ActionSpec, Impact
from engine.model.base import Json
from engine.model.decision import Reason
from engine.model.scoped import Exclude, Protect
from engine.policy_file import Answers, Clause, Policy
from engine.scopes import counts, covers, instant, texts


@dataclass(frozen=True)
class Restrictions:
    """What in a policy covers one request, each told in a line for people."""

    excluded: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()


def restricted(answers: Answers, facts: Json, spec: ActionSpec) -> Answers:
    """The answers without the exclusions and protections that do not count, or not for this target."""
    return Answers(
        holding=tuple(clause for clause in answers.holding if _speaks(clause, facts, spec)),
        broken=tuple((clause, why) for clause, why in answers.broken if _speaks(clause, facts, spec)),
    )


def excluded(answers: Answers) -> list[Reason]:
    """Why the request is denied: an exclusion covers it, or cannot tell that it does not."""
    return _reasons(answers, Exclude, "excluded")


def protected(answers: Answers) -> list[Reason]:
    """Why the request takes tier 4: policy protects its target, or cannot tell that it does not."""
    return _reasons(answers, Protect, "protected")


def restrictions(policy: Policy, facts: Json, spec: ActionSpec) -> Restrictions:
    """The same for the checks, which ask by themselves and do not rely on the decision."""
    chapter = policy.chapter(spec.id)
    if not chapter.of(Exclude) and not chapter.of(Protect):
        return Restrictions()
    claim = read_claim(policy.document.confidence, facts)
    prepared = policy.language.prepare({**facts, "finding.confidence": claim.confidence})
    answers = restricted(chapter.ask(prepared), facts, spec)
    return Restrictions(
        excluded=tuple(f"`{reason.rule}` {reason.text}" for reason in excluded(answers)),
        protected=tuple(f"`{reason.rule}` {reason.text}" for reason in protected(answers)),
    )


def _speaks(clause: Clause, facts: Json, spec: ActionSpec) -> bool:
    if not isinstance(clause, Exclude | Protect):
        return True
    if spec.impact is Impact.NONE or not counts(clause, instant(facts)):
        return False
    return not clause.targets or covers(clause.targets, _names(facts)) or not isinstance(facts.get("target.value"), str)


def _names(facts: Json) -> list[str]:
    """What the target is known by; of an older decision, which has no names, at least its own."""
    return [*texts(facts, "target.names"), str(facts.get("target.value"))]


def _reasons(answers: Answers, kind: type[Exclude] | type[Protect], what: str) -> list[Reason]:
    found = [(clause, "") for clause in answers.holding]
    found += [(clause, f" (it gave no answer: {why})") for clause, why in answers.broken]
    told = [(clause, note) for clause, note in found if isinstance(clause, kind)]
    return [
        Reason(rule=clause.id, text=f"{what} by {clause.owner} {_until(clause)}: {clause.reason}{note}")
        for clause, note in sorted(told, key=lambda one: one[0].id)
    ]


def _until(clause: Exclude | Protect) -> str:
    return "for good" if clause.expires_at is None else f"until {clause.expires_at.isoformat(timespec='minutes')}"
