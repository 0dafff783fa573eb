"""Which backup, replication or business traffic would it have hit?

The check of the whole: a block that stops an attacker and tonight's backup has become the outage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from pydantic import JsonValue

from engine import duration
from engine.model.base import Json
from engine.model.check import CheckResult
from engine.model.context import Flow
from engine.model.decision import Tier
from engine.model.look_back import OnGap
from engine.ports import Subject
from engine.validate import CUT, FLOWS
from policies.answers import LISTED, blocked, by_people, failed, passed, warned
from policies.cuts import cut, sparing

SAID = 4
"""How many lines of traffic the summary names."""
UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True)
class LegitimateFlows:
    """Looks back over the tagged flows; blocks on tags in `vital`, warns on any other unless approved at tier 3 or 4.

    Whatever lasts on a host, an address or a segment counts as cutting traffic. Where the action can spare flows it
    offers parameters that spare the vital ones. Where nobody has looked for longer than the policy's `look_back.fresh`,
    nothing seen means nothing: people are warned, and what nobody is asked about is not done, unless policy says else.
    The policy raises on it (`target.unrecorded`), so that people are asked rather than nothing done.
    """

    id: str = "legitimate-flows"
    vital: frozenset[str] = frozenset({"backup", "replication"})

    def run(self, subject: Subject) -> CheckResult:
        """Ask the context what the scope of this request would have cut in the look-back window."""
        if not subject.spec.cuts_traffic:
            return passed(self, "cuts no traffic")
        flows = cut(subject, subject.params)
        vital = [flow for flow in flows if flow.tag in self.vital]
        details = _details(subject, sorted(flows, key=lambda flow: flow.tag not in self.vital))
        if vital:
            return blocked(self, _summary(subject, vital), details, sparing(subject, vital))
        gap = self._gap(subject)
        if gap and not by_people(subject) and subject.look_back_terms.gap is OnGap.STOP:
            return failed(self, gap, details)
        if not flows and not gap:
            return passed(self, f"cuts no tagged flow of the last {duration.render(subject.look_back)}")
        summary = "; ".join(part for part in (_summary(subject, flows) if flows else "", gap) if part)
        if subject.approved and subject.decision.tier >= Tier.ASK:
            return passed(self, "approved: " + summary, details)
        return warned(self, summary, details)

    def _gap(self, subject: Subject) -> str:
        """Why the records do not tell what it would cut; empty where they do."""
        covered = subject.context.flow_coverage(subject.now - subject.look_back, subject.now)
        window = duration.render(subject.look_back)
        if covered.newest is None:
            return f"no flow of the last {window} is on record, so nobody knows what it would cut: import flows"
        if not subject.look_back_terms.is_gap(covered.newest, subject.now):
            return ""
        last = covered.newest.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        return f"the last flow on record ended {last}, so nobody knows what it would cut: import flows"


def _summary(subject: Subject, flows: Sequence[Flow]) -> str:
    said = ", ".join(_sentence(subject, flow) for flow in flows[:SAID])
    left = sum(flow.lines for flow in flows[SAID:])
    more = f" and {left} more" if left else ""
    return f"would have cut in the last {duration.render(subject.look_back)}: {said}{more}"


def _sentence(subject: Subject, flow: Flow) -> str:
    ends = f"{_name(subject, flow.source)} to {_name(subject, flow.destination)} {flow.protocol}/{flow.port}"
    last = flow.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    seen = "1 flow" if flow.count == 1 else f"{flow.count} flows"
    owner = _owner(subject, flow)
    return f"{flow.tag} {ends} ({seen}, {_size(flow.bytes)}, last {last}{f', ask {owner}' if owner else ''})"


def _details(subject: Subject, flows: Sequence[Flow]) -> Json:
    lines: list[JsonValue] = [_line(subject, flow) for flow in flows[:LISTED]]
    return {FLOWS: {tag: _sums(flows, tag) for tag in sorted({flow.tag for flow in flows})}, CUT: lines}


def _sums(flows: Sequence[Flow], tag: str) -> Json:
    ours = [flow for flow in flows if flow.tag == tag]
    return {
        "lines": sum(one.lines for one in ours),
        "count": sum(one.count for one in ours),
        "bytes": sum(one.bytes for one in ours),
    }


def _line(subject: Subject, flow: Flow) -> Json:
    ends: Json = {"source": _name(subject, flow.source), "destination": _name(subject, flow.destination)}
    said = flow.model_dump(mode="json", include={"at", "tag", "port", "protocol", "count", "bytes", "lines"})
    return ends | said | {"owner": _owner(subject, flow)}


def _owner(subject: Subject, flow: Flow) -> str:
    """Who declared it, else whose host it goes to, else whose it comes from."""
    ends = (subject.context.asset(end) for end in (flow.destination, flow.source))
    return flow.owner or next((asset.owner for asset in ends if asset is not None and asset.owner), "")


def _name(subject: Subject, end: str) -> str:
    asset = subject.context.asset(end)
    return end if asset is None else asset.name


def _size(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.3g} {UNITS[unit]}"
