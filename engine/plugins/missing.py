"""What stands in for a pinned check that is not there: an answer that blocks."""

from dataclasses import dataclass

from engine.model.action import Impact
from engine.model.check import CheckOutcome, CheckResult
from engine.ports import Subject


@dataclass(frozen=True)
class MissingCheck:
    """Answers `error` until the plug-in that has the check is loaded; what changes nothing passes all the same."""

    id: str
    because: str

    def run(self, subject: Subject) -> CheckResult:
        """Never lets an effect through unchecked."""
        if subject.spec.impact is Impact.NONE:
            return CheckResult(check=self.id, outcome=CheckOutcome.PASS, summary="changes nothing")
        return CheckResult(check=self.id, outcome=CheckOutcome.ERROR, summary=f"cannot be asked: {self.because}")
