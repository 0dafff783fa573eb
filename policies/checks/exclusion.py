"""Did an owner except it from being acted on?"""

from dataclasses import dataclass

from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


@dataclass(frozen=True)
class Excluded:
    """Blocks what an exclusion in force covers; actions that change nothing are never suppressed."""

    id: str = "exclusion"

    def run(self, subject: Subject) -> CheckResult:
        """Ask the policy and the site for exclusions that name this action or all of them."""
        if harmless(subject):
            return passed(self, "changes nothing")
        if subject.excluded:
            return blocked(self, "; ".join(subject.excluded), {"target": subject.request.target})
        found = subject.context.exclusions(subject.request.target, subject.now)
        holding = next((one for one in found if not one.actions or subject.spec.id in one.actions), None)
        if holding is None:
            return passed(self, "no exclusion")
        until = holding.expires_at.isoformat(timespec="minutes")
        return blocked(self, f"excluded by {holding.owner} until {until}: {holding.reason}", {"target": holding.target})
