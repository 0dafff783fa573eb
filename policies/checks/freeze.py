"""Has somebody pulled the kill switch?"""

from dataclasses import dataclass

from engine.freezes import Affected, covering
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


@dataclass(frozen=True)
class Freeze:
    """Blocks what has not begun under any freeze that covers it (I7); a scope it cannot read covers everything."""

    id: str = "freeze"

    def run(self, subject: Subject) -> CheckResult:
        """Compare every freeze with what this request is made of."""
        if harmless(subject):
            return passed(self, "changes nothing")
        affected = Affected(subject.request, subject.asset, subject.finding, subject.context)
        found = covering(subject.freezes, affected)
        return blocked(self, "frozen: " + ", ".join(found)) if found else passed(self, "not frozen")
