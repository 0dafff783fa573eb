"""Would the other half of a redundant pair be the one already down?"""

from collections import Counter
from dataclasses import dataclass

from engine.context.reach import reached
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, listed, passed
from policies.hazards import standing_on


@dataclass(frozen=True)
class RedundancyGroup:
    """Blocks what would hit two members of one redundancy group, at once or on top of what is in force."""

    id: str = "redundancy-group"

    def run(self, subject: Subject) -> CheckResult:
        """Count the distinct members that this and the effects in force reach, per group this one touches."""
        if harmless(subject):
            return passed(self, "changes nothing")
        context = subject.context
        ours = {asset.name: asset for asset in reached(context, subject.request.target) if asset.redundancy_group}
        if not ours:
            return passed(self, "no redundancy group")
        standing = {asset.name: asset for target in standing_on(subject) for asset in reached(context, target)}
        hit = {**standing, **ours}
        members = Counter(asset.redundancy_group for asset in hit.values())
        doubled = {asset.redundancy_group for asset in ours.values() if members[asset.redundancy_group] > 1}
        if not doubled:
            return passed(self, f"the only member hit of {listed(sorted({a.redundancy_group for a in ours.values()}))}")
        names = sorted(asset.name for asset in hit.values() if asset.redundancy_group in doubled)
        return blocked(self, f"would hit several of {listed(sorted(doubled))}: {listed(names)}", {"members": [*names]})
