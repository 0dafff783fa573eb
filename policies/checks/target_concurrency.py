"""Does something of ours stand on the target already?"""

from collections.abc import Iterator
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
        others = sorted(_meeting(subject))
        if not others:
            return passed(self, "nothing in force on it")
        if [spelling(other) for other in others] == [spelling(subject.request.target)]:
            return passed(self, "in force on it already")
        return warned(self, f"also in force on {listed(others)}: either stays when the other ends", {"on": [*others]})


def _meeting(subject: Subject) -> Iterator[str]:
    """The targets in force that share an address with this one, or are the same thing by another name."""
    target, asset = subject.request.target, subject.asset
    here = place(target)
    names = set(map(spelling, (target, *((asset.name, *asset.addresses) if asset else ()))))
    for other in subject.in_force:
        there = place(other)
        if spelling(other) in names if here is None or there is None else overlap(here, there):
            yield other
