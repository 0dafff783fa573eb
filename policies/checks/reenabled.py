"""Would it stay disabled?"""

from dataclasses import dataclass

from engine.model.action import Reversal
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import harmless, passed, warned


@dataclass(frozen=True)
class Reenabled:
    """Warns where something enables an account again whoever disabled it, so that the effect would not last."""

    id: str = "reenabled"

    def run(self, subject: Subject) -> CheckResult:
        """Read it off the account."""
        identity = subject.identity
        lasts = subject.spec.lasting and subject.spec.reversal is Reversal.REVERSIBLE and not harmless(subject)
        if identity is None or not lasts or not identity.reenabled_by:
            return passed(self, "nothing would undo it")
        source = identity.reenabled_by
        fact = f"`{identity.name}` is enabled again by `{source}`, whoever disabled it"
        return warned(self, f"{fact}: disable it in `{source}` too", {"reenabled_by": source})
