"""Would hosts still get addresses?"""

from dataclasses import dataclass

from engine.context.roles import Part
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.hazards import Hazard, answer

DHCP = Hazard(
    part=Part.DHCP,
    loss="hosts lose their addresses as their leases end, hours after the block",
    remedy="block the attacker's host towards it, or have another server take its ranges first",
    ports=frozenset({67, 547}),
)


@dataclass(frozen=True)
class Dhcp:
    """Blocks what would cut off the last DHCP server, and any of them below tier 4 or unapproved."""

    id: str = "dhcp"

    def run(self, subject: Subject) -> CheckResult:
        """Find the DHCP servers that would be cut off, and those that would be left."""
        return answer(self, subject, DHCP)
