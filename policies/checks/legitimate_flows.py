"""Which backup, replication or business traffic would it have hit?

The check of the whole: a block that stops an attacker and tonight's backup has become the outage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from pydantic import JsonValue

from engine import duration
from engine.model.action import TargetKind
from engine.model.base import Json
from engine.model.check import CheckResult
from engine.model.context import Flow
from engine.model.decision import Tier
from engine.ports import Subject
from engine.validate import FLOWS
from policies.answers import LISTED, blocked, harmless, passed, warned
from policies.cuts import cut, sparing

CUTTING = frozenset({TargetKind.HOST, TargetKind.ADDRESS, TargetKind.SEGMENT})
SAID = 4
"""How many lines of traffic the summary names."""
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True)
class LegitimateFlows:
    """Looks back over the tagged flows; blocks on tags in `vital`, warns on any other unless approved at tier 3 or 4.

    Whatever lasts on a host, an address or a segment counts as cutting traffic. Where the action can spare flows it
    offers parameters that spare the vital ones.
    """

    id: str = "legitimate-flows"
    vital: frozenset[str] = frozenset({"backup", "replication"})

    def run(self, subject: Subject) -> CheckResult:
        """Ask the context what the scope of this request would have cut in the look-back window."""
        if harmless(subject) or not subject.spec.lasting or subject.spec.target not in CUTTING:
            return passed(self, "cuts no traffic")
        flows = cut(subject, subject.params)
        if not flows:
            return passed(self, f"cuts no tagged flow of the last {duration.render(subject.look_back)}")
        vital = [flow for flow in flows if flow.tag in self.vital]
        details = _details(subject, sorted(flows, key=lambda flow: flow.tag not in self.vital))
        if vital:
            return blocked(self, _summary(subject, vital), details, sparing(subject, vital))
        if subject.approved and subject.decision.tier >= Tier.ASK:
            return passed(self, "approved: " + _summary(subject, flows), details)
        return warned(self, _summary(subject, flows), details)


def _summary(subject: Subject, flows: Sequence[Flow]) -> str:
    said = ", ".join(_sentence(subject, flow) for flow in flows[:SAID])
    more = f" and {len(flows) - SAID} more" if len(flows) > SAID else ""
    return f"would have cut in the last {duration.render(subject.look_back)}: {said}{more}"


def _sentence(subject: Subject, flow: Flow) -> str:
    ends = f"{_name(subject, flow.source)} to {_name(subject, flow.destination)} {flow.protocol}/{flow.port}"
    last = flow.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    seen = "1 flow" if flow.count == 1 else f"{flow.count} flows"
    return f"{flow.tag} {ends} ({seen}, {_size(flow.bytes)}, last {last})"


def _details(subject: Subject, flows: Sequence[Flow]) -> Json:
    lines: list[JsonValue] = [_line(subject, flow) for flow in flows[:LISTED]]
    return {FLOWS: {tag: _sums(flows, tag) for tag in sorted({flow.tag for flow in flows})}, "cut": lines}


def _sums(flows: Sequence[Flow], tag: str) -> Json:
    ours = [flow for flow in flows if flow.tag == tag]
    return {"lines": len(ours), "count": sum(one.count for one in ours), "bytes": sum(one.bytes for one in ours)}


def _line(subject: Subject, flow: Flow) -> Json:
    ends: Json = {"source": _name(subject, flow.source), "destination": _name(subject, flow.destination)}
    return ends | flow.model_dump(mode="json", include={"at", "tag", "port", "protocol", "count", "bytes"})


def _name(subject: Subject, end: str) -> str:
    asset = subject.context.asset(end)
    return end if asset is None else asset.name


def _size(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}"
