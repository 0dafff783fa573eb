"""Would machines go down that merely run on it?"""

from dataclasses import dataclass

from engine.context.roles import Part, parts
from engine.model.check import CheckResult
from engine.model.context import Asset
from engine.ports import Subject
from policies.answers import LISTED, listed, passed, warned
from policies.hazards import cut_off, lacks_people, stopped

REMEDY = "isolate the one machine on it that is meant, or move the others away first"


@dataclass(frozen=True)
class Hypervisor:
    """Blocks what would cut off a hypervisor below tier 4 or unapproved, and one that carries the untouchable always.

    A host that something is known to run on is one, whatever its roles say.
    """

    id: str = "hypervisor"

    def run(self, subject: Subject) -> CheckResult:
        """Name the hypervisors hit, and the machines on them."""
        hit = sorted(one.name for one in cut_off(subject) if _carries(subject, one))
        if not hit:
            return passed(self, "no hypervisor is cut off")
        guests = sorted({guest.name for name in hit for guest in subject.context.guests(name)})
        never = [name for name in guests if subject.context.untouchable(name)]
        if never:
            return stopped(self, hit, f"a hypervisor under {listed(never)}, which nobody may touch", REMEDY)
        fact = f"a hypervisor under {listed(guests) or 'machines that nobody has listed'}"
        missing = lacks_people(subject)
        if missing is not None:
            return stopped(self, hit, f"{fact}, and {missing}", REMEDY)
        return warned(self, f"{listed(hit)}: {fact}", {"guests": [*guests[:LISTED]]})


def _carries(subject: Subject, host: Asset) -> bool:
    return Part.HYPERVISOR in parts(host) or bool(subject.context.guests(host.name))
