"""Is what we know of it still true?"""

from dataclasses import dataclass

from engine.model.check import CheckResult
from engine.model.provenance import all_stale
from engine.ports import Subject
from policies.answers import harmless, listed, passed, warned


@dataclass(frozen=True)
class ContextAge:
    """Warns where everything that speaks of the target is stale; the policy raises on it (`target.stale`)."""

    id: str = "context-age"

    def run(self, subject: Subject) -> CheckResult:
        """Ask the sources of what is known of the target how old they are."""
        thing = subject.asset or subject.identity
        sources = () if thing is None or harmless(subject) else tuple(subject.context.sources(thing))
        if not all_stale(sources, subject.now):
            return passed(self, "nothing old is relied on")
        told = [f"`{one.name}` ({one.age(subject.now).days} days old)" for one in sources]
        return warned(
            self, f"known only from {listed(told)}: import it anew", {"sources": [one.name for one in sources]}
        )
