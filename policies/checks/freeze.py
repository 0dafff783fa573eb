"""Has somebody pulled the kill switch?"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.context.places import spelling
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, passed

SCOPES = ("action", "connector", "target", "detector")


@dataclass(frozen=True)
class Freeze:
    """Blocks what has not begun under any freeze that covers it (I7); a scope it cannot read covers everything."""

    id: str = "freeze"

    def run(self, subject: Subject) -> CheckResult:
        """Compare every freeze with what this request is made of."""
        if harmless(subject):
            return passed(self, "changes nothing")
        ours = frozenset(_scopes(subject))
        covering = [scope for scope in subject.freezes if _covers(scope, ours)]
        return blocked(self, "frozen: " + ", ".join(covering)) if covering else passed(self, "not frozen")


def _covers(scope: str, ours: frozenset[str]) -> bool:
    kind, colon, value = scope.partition(":")
    if kind not in SCOPES or not colon:
        return True
    return f"{kind}:{spelling(value) if kind == 'target' else value}" in ours


def _scopes(subject: Subject) -> Iterator[str]:
    request, finding, asset = subject.request, subject.finding, subject.asset
    yield f"action:{request.action}"
    yield f"connector:{request.connector}"
    yield f"target:{spelling(request.target)}"
    if asset is not None:
        yield from (f"target:{spelling(name)}" for name in (asset.name, *asset.addresses))
    if request.requester.startswith("detector:"):
        yield from (request.requester, request.requester.partition("@")[0])
    if finding is not None:
        yield from (f"detector:{finding.detector}", f"detector:{finding.detector}@{finding.detector_version}")
