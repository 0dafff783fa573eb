"""Does something sign in with it that no person stands behind?"""

from dataclasses import dataclass

from engine.model.action import Reversal
from engine.model.check import CheckResult
from engine.model.context import Identity
from engine.model.decision import Tier
from engine.ports import Subject
from policies.answers import LISTED, harmless, listed, passed, warned
from policies.hazards import lacks_people, stopped


@dataclass(frozen=True)
class ServiceAccount:
    """Blocks what would stop a service that signs in with an account: below tier 4, of its sessions below tier 3."""

    id: str = "service-account"

    def run(self, subject: Subject) -> CheckResult:
        """Name the services and whom to ask."""
        identity = subject.identity
        if identity is None or harmless(subject) or not identity.in_service:
            return passed(self, "no service signs in with it")
        heals = subject.spec.reversal is Reversal.SELF_HEALING
        missing = lacks_people(subject, Tier.ASK if heals else Tier.ASK_TWO)
        fact = f"used by {_users(identity)}"
        if missing is None:
            return warned(self, f"{identity.name}: {fact}", {"services": [*identity.used_by[:LISTED]]})
        owner = identity.owner or "its owner"
        remedy = f"have {owner} change its secret, or act on the host it is used from"
        return stopped(self, [identity.name], f"{fact}, and {missing}", remedy)


def _users(identity: Identity) -> str:
    return listed(sorted(identity.used_by)) or "a service that nobody has listed"
