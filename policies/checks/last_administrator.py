"""Would anybody be left who can put things right?"""

from dataclasses import dataclass

from engine.model.action import Reversal
from engine.model.check import CheckResult
from engine.model.context import Identity
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


@dataclass(frozen=True)
class LastAdministrator:
    """Blocks what would lock a break-glass account, or leave fewer than `keep` working administrators.

    A revoked session heals by itself and locks nobody out. Break-glass and service accounts are no working
    administrators, and neither are those on whom the same action stands already.
    """

    id: str = "last-administrator"
    keep: int = 2

    def run(self, subject: Subject) -> CheckResult:
        """Count who is left without this account."""
        identity = subject.identity
        if identity is None or harmless(subject) or subject.spec.reversal is Reversal.SELF_HEALING:
            return passed(self, "locks nobody out")
        if identity.break_glass:
            return blocked(self, f"`{identity.name}` is a break-glass account")
        if not identity.administrator:
            return passed(self, f"`{identity.name}` is no administrator")
        gone = {name.lower() for name in (identity.name, *subject.in_force)}
        left = sum(_works(one) and one.name.lower() not in gone for one in subject.context.identities())
        if left < self.keep:
            return blocked(self, f"would leave {left} working administrators, {self.keep} have to be", {"left": left})
        return passed(self, f"{left} working administrators left", {"left": left})


def _works(identity: Identity) -> bool:
    return identity.administrator and identity.enabled and not identity.break_glass and not identity.service
