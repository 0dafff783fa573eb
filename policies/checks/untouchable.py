"""Would it hit ourselves or the channel we are managed through?"""

from dataclasses import dataclass

from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


@dataclass(frozen=True)
class Untouchable:
    """Always blocks what nobody may touch, whoever approved it (I5)."""

    id: str = "untouchable"

    def run(self, subject: Subject) -> CheckResult:
        """Ask by the target itself, and by the flag of whatever stands there."""
        if harmless(subject):
            return passed(self, "changes nothing")
        target, thing = subject.request.target, subject.asset or subject.identity
        why = subject.context.untouchable(target)
        if why is None and thing is not None:
            why = subject.context.untouchable(thing.name) or ("flagged untouchable" if thing.untouchable else None)
        return passed(self, f"`{target}` may be touched") if why is None else blocked(self, f"`{target}`: {why}")
