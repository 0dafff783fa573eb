"""Could we still reach it, to let it go again?"""

from collections.abc import Iterator
from dataclasses import dataclass

from engine.context.places import spelling
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import blocked, harmless, passed


@dataclass(frozen=True)
class FullTunnel:
    """Blocks what would cut a host off from the end of its full tunnel, through which alone its release could come."""

    id: str = "full-tunnel"

    def run(self, subject: Subject) -> CheckResult:
        """Look for the tunnel's end among the flows that are spared."""
        host = subject.asset
        cuts = subject.spec.target is TargetKind.HOST and subject.spec.lasting and not harmless(subject)
        if host is None or not cuts or not host.tunnel or "ports" in subject.params.effect():
            return passed(self, "cuts off no tunnel that it is reached through")
        end = subject.context.asset(host.tunnel)
        names = {spelling(name) for name in ((host.tunnel, end.name, *end.addresses) if end else (host.tunnel,))}
        if not names.isdisjoint(_spared(subject)):
            return passed(self, f"spares its tunnel to `{host.tunnel}`")
        fact = (
            f"`{host.name}` is reached through its full tunnel to `{host.tunnel}` alone, so no release could reach it"
        )
        return blocked(self, f"{fact}; instead spare that tunnel, or end the session there", {"tunnel": host.tunnel})


def _spared(subject: Subject) -> Iterator[str]:
    spare = subject.params.effect().get("spare")
    for one in spare if isinstance(spare, list) else ():
        yield spelling(str(one.get("peer"))) if isinstance(one, dict) else ""
