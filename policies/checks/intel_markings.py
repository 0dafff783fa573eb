"""May what is known about it be used for this at all?"""

from dataclasses import dataclass

from pydantic import JsonValue

from engine.context.places import overlap, place
from engine.model.action import TargetKind
from engine.model.check import CheckResult
from engine.model.context import Indicator, Pap, Tlp, Zone
from engine.model.decision import Tier
from engine.model.finding import ObservableType
from engine.ports import Subject
from policies.answers import LISTED, blocked, by_people, harmless, listed, passed, warned


@dataclass(frozen=True)
class IntelMarkings:
    """Keeps what the sources of indicators allow (PAP), and says who may read about them (TLP).

    PAP:RED blocks every action on the indicator, and what merely rests on it unless people decide; PAP:AMBER blocks
    actions on it that are seen outside. TLP:RED warns where people are told or asked.
    """

    id: str = "intel-markings"

    def run(self, subject: Subject) -> CheckResult:
        """Find the indicators acted on, and the strictest limit among them."""
        if harmless(subject) or not subject.indicators:
            return passed(self, "no indicator is acted on")
        red = [one for one in subject.indicators if one.pap is Pap.RED]
        acted_on = [one for one in subject.indicators if _is_target(subject, one)]
        if any(one in acted_on for one in red) or (red and not by_people(subject)):
            return blocked(self, f"PAP:RED, for nothing that can be noticed: {_named(red)}", _details(red))
        amber = [one for one in acted_on if one.pap is Pap.AMBER]
        if amber and subject.context.zone(subject.request.target) is not Zone.INSIDE:
            return blocked(self, f"PAP:AMBER, for nothing seen outside: {_named(amber)}", _details(amber))
        if red:
            return warned(self, f"rests on PAP:RED, which people answer for: {_named(red)}", _details(red))
        return self._readers(subject)

    def _readers(self, subject: Subject) -> CheckResult:
        secret = [one for one in subject.indicators if one.tlp is Tlp.RED]
        if secret and subject.decision.tier >= Tier.TELL:
            return warned(self, f"TLP:RED, for named readers only: {_named(secret)}", _details(secret))
        return passed(self, "nothing forbids to act on what is known")


def _is_target(subject: Subject, indicator: Indicator) -> bool:
    """Whether the action is done to what the indicator names."""
    if subject.spec.target is TargetKind.ADDRESS:
        return True
    here, there = place(subject.request.target), place(indicator.value)
    segment = subject.spec.target is TargetKind.SEGMENT and indicator.type == ObservableType.IP
    return segment and here is not None and there is not None and overlap(here, there)


def _named(indicators: list[Indicator]) -> str:
    return listed([f"`{one.value}` ({one.origin})" for one in indicators])


def _details(indicators: list[Indicator]) -> dict[str, JsonValue]:
    return {"indicators": [one.source_id or one.value for one in indicators[:LISTED]]}
