"""What the checks of hazards share: which hosts an effect cuts off, and how one on which others live is answered for.

Rules: 1. What cuts one host's traffic on one port only is the remedy, and no hazard. 2. An effect on some ports is a
hazard only to what is served on them. 3. The last one of its kind is never cut off; any other only at tier 4, once
people have approved it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from engine.context.reach import reached
from engine.context.roles import Part, parts
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.model.context import Asset
from engine.model.decision import Tier
from engine.ports import Check, Subject
from policies.answers import LISTED, blocked, executing, harmless, listed, passed, warned

ON_NETWORK = frozenset({TargetKind.HOST, TargetKind.ADDRESS, TargetKind.SEGMENT})


@dataclass(frozen=True)
class Hazard:
    """What a host is to others: `loss` is what they would be without, `remedy` what to do instead."""

    part: Part
    loss: str
    remedy: str
    ports: frozenset[int]
    """Where it is served."""


def cut_off(subject: Subject) -> Sequence[Asset]:
    """The hosts that this would cut off from more than one other (rule 1)."""
    if harmless(subject) or subject.spec.target not in ON_NETWORK or narrowed(subject):
        return ()
    return reached(subject.context, subject.request.target)


def narrowed(subject: Subject) -> bool:
    """Whether it touches one host's traffic on one port only."""
    effect = subject.params.effect()
    return None not in (effect.get("host"), effect.get("port"))


def serves(subject: Subject, ports: frozenset[int]) -> bool:
    """Whether what is served on these ports is touched (rule 2)."""
    cut = subject.params.effect().get("ports")
    return not isinstance(cut, list) or not ports.isdisjoint(port for port in cut if isinstance(port, int))


def lacks_people(subject: Subject, tier: Tier = Tier.ASK_TWO) -> str | None:
    """Why people have not agreed to it as far as this tier takes; None where they have, or are being asked."""
    if subject.decision.tier < tier:
        return f"needs tier {int(tier)}, not {int(subject.decision.tier)}"
    return "nobody approved it" if executing(subject) and not subject.approved else None


def answer(check: Check, subject: Subject, hazard: Hazard) -> CheckResult:
    """Rules 1 to 3 for one part that hosts play."""
    hit = [one for one in cut_off(subject) if hazard.part in parts(one)] if serves(subject, hazard.ports) else []
    if not hit:
        return passed(check, f"no {hazard.part} is cut off")
    names = sorted(one.name for one in hit)
    if not _left(subject, hazard.part, hit):
        return stopped(check, names, f"the last {hazard.part}: {hazard.loss}", hazard.remedy)
    missing = lacks_people(subject)
    if missing is not None:
        return stopped(check, names, f"a {hazard.part}, and {missing}: {hazard.loss}", hazard.remedy)
    return warned(check, f"{listed(names)}: a {hazard.part}: {hazard.loss}", {"hosts": [*names[:LISTED]]})


def stopped(check: Check, names: Sequence[str], fact: str, remedy: str) -> CheckResult:
    """A block that names what is hit, the fact, and what to do instead."""
    return blocked(check, f"{listed([*names])}: {fact}; instead {remedy}", {"hosts": [*names[:LISTED]]})


def standing_on(subject: Subject) -> Sequence[str]:
    """The targets on which an effect stands that may take what is there from others."""
    return (*subject.in_force, *subject.cut_off)


def _left(subject: Subject, part: Part, hit: Sequence[Asset]) -> bool:
    """Whether another host of this part is neither hit now nor cut off already."""
    context = subject.context
    there = {one.name for target in standing_on(subject) for one in reached(context, target)}
    gone = there | {one.name for one in hit}
    return any(part in parts(one) and one.name not in gone for one in context.assets())
