"""Is it a VPN or proxy by which many others get through?"""

from dataclasses import dataclass

from engine.context.places import spelling
from engine.context.roles import Part, parts
from engine.model.check import CheckResult
from engine.model.context import Asset
from engine.ports import Subject
from policies.answers import LISTED, listed, passed, warned
from policies.hazards import cut_off, lacks_people, stopped

REMEDY = "end the one session that is meant at the VPN or proxy, or block the address beyond it"


@dataclass(frozen=True)
class SharedExit:
    """Blocks what would cut off a VPN gateway or a proxy below tier 4 or unapproved."""

    id: str = "shared-exit"

    def run(self, subject: Subject) -> CheckResult:
        """Name the exits hit, and the hosts that have no other way."""
        others = subject.context.assets() if cut_off(subject) else ()
        ends = {spelling(one.tunnel) for one in others if one.tunnel}
        hit = [one for one in cut_off(subject) if Part.TUNNEL in parts(one) or not ends.isdisjoint(_names(one))]
        if not hit:
            return passed(self, "no VPN or proxy is cut off")
        exits = {name for one in hit for name in _names(one)}
        behind = sorted(one.name for one in others if spelling(one.tunnel) in exits)
        fact = f"a VPN or proxy for {listed(behind) or 'hosts that nobody has listed'}"
        missing = lacks_people(subject)
        names = sorted(one.name for one in hit)
        if missing is not None:
            return stopped(self, names, f"{fact}, and {missing}", REMEDY)
        return warned(self, f"{listed(names)}: {fact}", {"hosts": [*behind[:LISTED]]})


def _names(asset: Asset) -> frozenset[str]:
    return frozenset(map(spelling, (asset.name, *asset.addresses)))
