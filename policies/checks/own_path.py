"""Would we still see, hear and be heard?"""

from dataclasses import dataclass

from engine.context.parts import SegmentKind
from engine.context.roles import Part, parts
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import harmless, passed
from policies.hazards import cut_off, stopped

LOSS = "what tells us of attacks, or what people answer and stop us through"
REMEDY = "act on what talks to it, or have its owner act by hand"


@dataclass(frozen=True)
class OwnPath:
    """Blocks what would cut off the SIEM, a sensor or our own path, at any tier, whether somebody flagged it or not.

    The segment of management is our own path as a whole.
    """

    id: str = "own-path"

    def run(self, subject: Subject) -> CheckResult:
        """Ask the hosts hit what they are for."""
        hit = sorted(one.name for one in cut_off(subject) if Part.OWN_PATH in parts(one))
        if hit:
            return stopped(self, hit, LOSS, REMEDY)
        target = subject.request.target
        segment = subject.spec.target is TargetKind.SEGMENT and not harmless(subject)
        if segment and subject.context.segment(target) == SegmentKind.MANAGEMENT:
            return stopped(self, [target], "the segment that everything is managed through", REMEDY)
        return passed(self, "not what we see or are reached through")
