"""Whose else is this address?"""

from dataclasses import dataclass

from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.model.context import Criticality
from engine.ports import Subject
from policies.answers import LISTED, harmless, listed, passed, warned
from policies.hazards import lacks_people, narrowed, stopped

REMEDY = "narrow it to one host and port, or isolate the one host that is meant"


@dataclass(frozen=True)
class SharedAddress:
    """Warns with everybody else behind an address; the policy raises on it (`target.shared`).

    Blocks where something protected stands behind it below tier 4 or unapproved, and something untouchable at any tier.
    """

    id: str = "shared-address"

    def run(self, subject: Subject) -> CheckResult:
        """Ask who has this address together with others."""
        if harmless(subject) or subject.spec.target is not TargetKind.ADDRESS or narrowed(subject):
            return passed(self, "cuts off no address")
        behind = subject.context.sharing(subject.request.target)
        if len(behind) < 2:
            return passed(self, "no address that several have")
        names = sorted(one.name for one in behind)
        never = [one.name for one in behind if subject.context.untouchable(one.name)]
        if never:
            return stopped(self, names, f"share this address, and nobody may touch {listed(never)}", REMEDY)
        protected = [one.name for one in behind if one.criticality is Criticality.PROTECTED]
        missing = lacks_people(subject)
        if protected and missing is not None:
            return stopped(self, names, f"share this address, {listed(protected)} is protected and {missing}", REMEDY)
        return warned(self, f"{listed(names)} share this address; better {REMEDY}", {"hosts": [*names[:LISTED]]})
