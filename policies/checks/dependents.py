"""What else would go down with it, and whose is it?"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.context.reach import reached
from engine.model.action import TargetKind
from engine.model.base import Json
from engine.model.check import CheckResult
from engine.model.context import Asset
from engine.ports import Subject
from engine.validate import DEPENDENTS, SHARE
from policies.answers import harmless, listed, passed, warned

ON_NETWORK = frozenset({TargetKind.HOST, TargetKind.ADDRESS, TargetKind.SEGMENT})


@dataclass(frozen=True)
class Dependents:
    """Warns with the services that would be cut off and the hosts, with their owners, that need them."""

    id: str = "dependents"

    def run(self, subject: Subject) -> CheckResult:
        """Follow the dependencies of every host reached."""
        if harmless(subject) or subject.spec.target not in ON_NETWORK:
            return passed(self, "cuts nothing off")
        context = subject.context
        hosts = reached(context, subject.request.target)
        if not hosts:
            return passed(self, "no host of ours")
        users = {user.name: user for host in hosts for user in context.dependents(host.name)}
        cut = {host.name for host in hosts}
        outer = [user for user in users.values() if user.name not in cut]
        details = _details(hosts, outer)
        details[SHARE] = {"hosts": len(hosts), "of": len(context.assets())}
        if not outer:
            return passed(self, "nothing depends on it", details)
        owners = sorted({asset.owner for asset in (*hosts, *outer) if asset.owner})
        names = listed(sorted(user.name for user in outer))
        return warned(self, f"would cut off {names} (owners: {listed(owners) or 'unknown'})", details)


def _details(hosts: Sequence[Asset], users: Sequence[Asset]) -> Json:
    everything = (*hosts, *users)
    return {
        "services": [*sorted({service for asset in everything for service in asset.services})],
        "owners": [*sorted({asset.owner for asset in everything if asset.owner})],
        DEPENDENTS: [*sorted(user.name for user in users)],
    }
