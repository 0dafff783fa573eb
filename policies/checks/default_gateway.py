"""Is it the way by which whole networks reach everything else?"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.context.places import place, within
from engine.context.roles import Part, parts
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.model.context import Asset
from engine.ports import Network, Subject
from policies.answers import harmless, passed
from policies.hazards import cut_off, narrowed, stopped

LOSS = "the default gateway"
REMEDY = "block the address beyond it, or isolate the host behind it"


@dataclass(frozen=True)
class DefaultGateway:
    """Blocks what would cut off a default gateway, at any tier.

    A segment that is blocked may take along its own gateway, never one that other networks use too.
    """

    id: str = "default-gateway"

    def run(self, subject: Subject) -> CheckResult:
        """Ask the segments whose gateway it is, and the hosts hit what they are for."""
        segments = _segments(subject)
        if segments:
            return stopped(self, [subject.request.target], f"{LOSS} of {', '.join(segments)}", REMEDY)
        hit = [one for one in cut_off(subject) if Part.GATEWAY in parts(one) and not _only_its_own(subject, one)]
        if hit:
            return stopped(self, sorted(one.name for one in hit), f"{LOSS} of others", REMEDY)
        return passed(self, "no default gateway of others")


def _segments(subject: Subject) -> Sequence[str]:
    """An address may be a gateway's without a host that the inventory knows."""
    if harmless(subject) or narrowed(subject) or subject.spec.target not in (TargetKind.HOST, TargetKind.ADDRESS):
        return ()
    return subject.context.gateway_of(subject.request.target)


def _only_its_own(subject: Subject, gateway: Asset) -> bool:
    """Whether nothing outside the network that is blocked can be using this gateway."""
    target = place(subject.request.target)
    stands = [place(address) for address in gateway.addresses]
    return isinstance(target, Network) and all(at is not None and within(at, target) for at in stands)
