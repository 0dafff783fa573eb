"""Is it a protected asset or account, and have two people agreed?"""

from dataclasses import dataclass

from pydantic import JsonValue

from engine.context.reach import reached
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.model.context import Criticality
from engine.model.decision import Tier
from engine.ports import Subject
from policies.answers import LISTED, blocked, executing, harmless, listed, passed


@dataclass(frozen=True)
class Protected:
    """Blocks what hits anything protected below tier 4, and at tier 4 until people have approved it (I5)."""

    id: str = "protected"

    def run(self, subject: Subject) -> CheckResult:
        """Find what is protected at the target, then hold the decision against it."""
        names = [] if harmless(subject) else _protected(subject)
        if not names:
            return passed(self, "nothing protected")
        shown: list[JsonValue] = [*names[:LISTED]]
        if subject.decision.tier < Tier.ASK_TWO:
            return blocked(self, f"protected, and tier {subject.decision.tier}: {listed(names)}", {"protected": shown})
        if executing(subject) and not subject.approved:
            return blocked(self, f"protected, and nobody approved it: {listed(names)}", {"protected": shown})
        return passed(self, f"protected, at tier 4: {listed(names)}", {"protected": shown})


def _protected(subject: Subject) -> list[str]:
    segment = subject.spec.target is TargetKind.SEGMENT
    assets = reached(subject.context, subject.request.target) if segment else ()
    things = [thing for thing in (subject.asset, subject.identity, *assets) if thing is not None]
    return [*(thing.name for thing in things if thing.criticality is Criticality.PROTECTED), *subject.protected]
