"""Would names still be resolved?"""

from dataclasses import dataclass

from engine.context.roles import Part
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.hazards import Hazard, answer

RESOLVER = Hazard(
    part=Part.RESOLVER,
    loss="whoever asks it resolves no more names",
    remedy="block what the attacker asks it for, or the attacker's own address",
    ports=frozenset({53, 853}),
)


@dataclass(frozen=True)
class Resolver:
    """Blocks what would cut off the last resolver, and any resolver below tier 4 or unapproved."""

    id: str = "resolver"

    def run(self, subject: Subject) -> CheckResult:
        """Find the resolvers that would be cut off, and those that would be left."""
        return answer(self, subject, RESOLVER)
