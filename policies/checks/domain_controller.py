"""Could people and services still sign in?"""

from dataclasses import dataclass

from engine.context.roles import Part
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.hazards import Hazard, answer

DOMAIN_CONTROLLER = Hazard(
    part=Part.DOMAIN_CONTROLLER,
    loss="whoever signs in through it cannot, responders among them",
    remedy="disable the accounts that are abused, or block the attacker's host towards it",
    ports=frozenset({53, 88, 135, 389, 445, 464, 636, 3268, 3269}),
)


@dataclass(frozen=True)
class DomainController:
    """Blocks what would cut off the last domain controller, and any of them below tier 4 or unapproved."""

    id: str = "domain-controller"

    def run(self, subject: Subject) -> CheckResult:
        """Find the domain controllers that would be cut off, and those that would be left."""
        return answer(self, subject, DOMAIN_CONTROLLER)
