"""Would it hit ourselves or the channel we are managed through?"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.context.places import overlap, place
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


def _worked_from(subject: Subject) -> Iterator[str]:
    """Who decides about us came from there within the last day."""
    names = (subject.request.target, *(subject.asset.addresses if subject.asset else ()))
    hit = [found for found in map(place, names) if found is not None]
    for one in subject.signed_in:
        source = place(one.address)
        if source is not None and any(overlap(source, found) for found in hit):
            yield f"{one.principal}, who decides about us, was signed in from {one.address} within the last day"


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
        why = why or next(_worked_from(subject), None)
        return passed(self, f"`{target}` may be touched") if why is None else blocked(self, f"`{target}`: {why}")
