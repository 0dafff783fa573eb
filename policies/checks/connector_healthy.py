"""Does the system answer through which it would be done, and undone?"""

from dataclasses import dataclass
from datetime import timedelta

from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, executing, harmless, passed, warned


@dataclass(frozen=True)
class ConnectorHealthy:
    """Right before executing it blocks on a connector that is sick, and for a lasting effect on one not seen lately.

    While planning, and for what leaves nothing behind, not seen lately is a warning: it may be back by then. Sick is
    a warning only while planning. What a foreign connector said counts for nothing.
    """

    id: str = "connector-healthy"
    fresh: timedelta = timedelta(minutes=5)

    def run(self, subject: Subject) -> CheckResult:
        """Judge the connector's last word."""
        state, name = subject.connector, subject.request.connector
        if harmless(subject):
            return passed(self, "changes nothing")
        if state is None or state.instance != name:
            return self._unseen(subject, f"connector `{name}` was never seen")
        if subject.now - state.seen_at > self.fresh:
            return self._unseen(subject, f"connector `{name}` was last seen at {state.seen_at.isoformat()}")
        if state.healthy:
            return passed(self, f"connector `{name}` answers")
        summary = f"connector `{name}` is not healthy: {state.error or 'no reason given'}"
        return blocked(self, summary) if executing(subject) else warned(self, summary)

    def _unseen(self, subject: Subject, summary: str) -> CheckResult:
        stops = executing(subject) and subject.spec.lasting
        return blocked(self, summary) if stops else warned(self, summary)
