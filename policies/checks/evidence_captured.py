"""Was what it destroys taken down before?"""

from dataclasses import dataclass
from datetime import timedelta

from engine.model.check import CheckResult
from engine.model.evidence import Receipt, Waiver
from engine.ports import Subject
from policies.answers import blocked, by_people, harmless, passed, warned

COUNTS_FOR = timedelta(days=1)
"""Evidence that is older shows another state of the target."""


@dataclass(frozen=True)
class EvidenceCaptured:
    """Blocks what destroys evidence until there is a receipt, or people approve a waiver with owner and reason."""

    id: str = "evidence-captured"

    def run(self, subject: Subject) -> CheckResult:
        """Look for a receipt of the target, then for a waiver."""
        if harmless(subject) or not subject.spec.destroys:
            return passed(self, "destroys no evidence")
        fresh = [one for one in subject.evidence if one.size and subject.now - one.taken_at <= COUNTS_FOR]
        if fresh:
            return self._taken(max(fresh, key=lambda receipt: receipt.taken_at))
        waiver = subject.request.evidence_waiver
        if waiver is None:
            target = subject.request.target
            return blocked(self, f"nothing was taken down of `{target}`: capture evidence first, or have it waived")
        return self._waived(subject, waiver)

    def _taken(self, receipt: Receipt) -> CheckResult:
        at = receipt.taken_at.isoformat(timespec="minutes")
        summary = f"{receipt.kind} of `{receipt.target}` taken at {at}: sha256 {receipt.digest[:16]}"
        return passed(self, summary, {"receipt": receipt.model_dump(mode="json")})

    def _waived(self, subject: Subject, waiver: Waiver) -> CheckResult:
        by = f"waived by {waiver.owner}: {waiver.reason}"
        details = waiver.model_dump(mode="json")
        if not by_people(subject):
            return blocked(self, f"without evidence people have to approve it; {by}"[:500], details)
        return warned(self, f"nothing was taken down of `{subject.request.target}`; {by}"[:500], details)
