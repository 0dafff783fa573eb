"""Is it still the same thing that was looked at when the request was planned?"""

from dataclasses import dataclass

from engine.model.check import CheckResult
from engine.model.request import RequestState
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


@dataclass(frozen=True)
class TargetUnchanged:
    """Blocks where an address went to another host since, a host was re-imaged, or something appeared or vanished."""

    id: str = "target-unchanged"

    def run(self, subject: Subject) -> CheckResult:
        """Compare the fingerprints of then and now."""
        request, thing = subject.request, subject.asset or subject.identity
        if harmless(subject) or request.state is RequestState.REQUESTED:
            return passed(self, "seen for the first time")
        now = None if thing is None else thing.fingerprint
        if now == request.fingerprint:
            return passed(self, f"`{request.target}` is what it was")
        return blocked(
            self,
            f"`{request.target}` was {_said(request.fingerprint)} when this was planned and is now {_said(now)}",
            {"planned": request.fingerprint, "now": now},
        )


def _said(fingerprint: str | None) -> str:
    return "unknown" if fingerprint is None else f"`{fingerprint}`"
