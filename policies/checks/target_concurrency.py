"""Does something of ours stand on the target already?"""

from dataclasses import dataclass

from engine.context.places import overlap, place, spelling
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import harmless, listed, passed, warned


@dataclass(frozen=True)
class TargetConcurrency:
    """Warns where the same action is in force on something that holds the target or lies in it.

    The release of one would then not free the target. The same action on the very same target is joined, not repeated.
    """

    id: str = "target-concurrency"

    def run(self, subject: Subject) -> CheckResult:
        """Compare with the targets in force."""
        if harmless(subject):
            return passed(self, "changes nothing")
        others = sorted(other for other in subject.in_force if _meets(subject, other))
        if not others:
            return passed(self, "nothing in force on it")
        if [spelling(other) for other in others] == [spelling(subject.request.target)]:
            return passed(self, "in force on it already")
        return warned(self, f"also in force on {listed(others)}: either stays when the other ends", {"on": [*others]})


def _meets(subject: Subject, other: str) -> bool:
    target = subject.request.target
    if spelling(other) == spelling(target):
        return True
    here, there = place(target), place(other)
    if here is not None and there is not None:
        return overlap(here, there)
    asset = subject.asset
    return asset is not None and spelling(other) in map(spelling, (asset.name, *asset.addresses))
