"""Can it be taken back?"""

from dataclasses import dataclass

from engine.model.check import CheckResult
from engine.model.decision import Tier
from engine.ports import Subject
from policies.answers import blocked, executing, harmless, passed


@dataclass(frozen=True)
class RollbackReady:
    """Blocks what never ends below tier 4 or unapproved, and a lease on what nothing can take back at any tier."""

    id: str = "rollback-ready"

    def run(self, subject: Subject) -> CheckResult:
        """Read it off the action's metadata."""
        spec = subject.spec
        if harmless(subject) or not spec.final:
            return passed(self, "can be taken back, or passes by itself")
        if spec.lasting:
            return blocked(self, f"`{spec.id}` would be leased, and nothing can end it")
        if subject.decision.tier < Tier.ASK_TWO or (executing(subject) and not subject.approved):
            return blocked(self, f"`{spec.id}` cannot be taken back and needs approval at tier 4")
        return passed(self, "cannot be taken back; tier 4")
