"""All that is known of a site's traffic: the flows and jobs that its file tells, and what sensors recorded.

Where a line was recorded, what was seen of it stands; a job that was never seen still counts, as it was declared.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

from engine.context.file import ContextFile
from engine.context.places import place
from engine.context.traffic import Aliases, Traffic
from engine.flows.declared import Spans, declared
from engine.flows.recorded import Asked, RecordedFlows
from engine.flows.records import ends, protocol
from engine.model.action import Spare
from engine.model.context import Flow, FlowCoverage
from engine.ports import FlowScope

Named = Callable[[str], str]
"""The name of the host that has an address, or what was asked."""
_DAY = 86400


class ObservedTraffic:
    """Answers what a scope would have cut, and for how much of a window anybody looked."""

    def __init__(self, file: ContextFile, recorded: RecordedFlows | None, aliases: Aliases, named: Named) -> None:
        """Over a file, and a store of recorded flows where there is one."""
        self._told = Traffic(file.flows, file.jobs, aliases)
        self._told_on = {int(flow.at.timestamp()) // _DAY: flow.at for flow in sorted(file.flows, key=_end)}
        self._recorded, self._declared = recorded, () if recorded is None else declared(file)
        self._aliases, self._named = aliases, named

    def cut(self, scope: FlowScope, since: datetime, until: datetime | None) -> Sequence[Flow]:
        """Tagged flows in that window that the scope would have cut, one per line of traffic with its sums."""
        told = self._told.cut(scope, since, until)
        if self._recorded is None:
            return told
        seen = self._recorded.cut(self._asked(scope), self._declared, since, until)
        lines = frozenset(map(self._line, seen))
        return (*seen, *(flow for flow in told if self._line(flow) not in lines)) if seen else told

    def coverage(self, since: datetime, until: datetime) -> FlowCoverage:
        """Of how many days of the window there are records, and when the last flow known then ended."""
        on = {} if self._recorded is None else dict(self._recorded.days(self._declared))
        first, last = int(since.timestamp()) // _DAY, int(until.timestamp()) // _DAY
        days = {day: at.astimezone(UTC) for day, at in (self._told_on | on).items() if first <= day <= last}
        return FlowCoverage(days=last - first + 1, recorded=len(days), newest=max(days.values(), default=None))

    def _asked(self, scope: FlowScope) -> Asked:
        """The scope by addresses; sensors know no names."""
        peers = None if scope.peer is None else self._spans((scope.peer,))
        spared = tuple(found for spare in scope.spare for found in self._spared(spare))
        return Asked(self._spans(scope.targets), peers, scope.ports, spared)

    def _spared(self, spare: Spare) -> Iterable[tuple[int, int, int]]:
        number = protocol(spare.protocol, "protocol")
        peers = [first for first, last in self._spans((spare.peer,)) if first == last]
        return () if number is None else [(peer, spare.port, number) for peer in peers]

    def _spans(self, targets: Sequence[str]) -> Spans:
        found = (place(alias) for target in targets for alias in sorted({target, *self._aliases(target)}))
        return tuple(dict.fromkeys(ends(one) for one in found if one is not None))

    def _line(self, flow: Flow) -> tuple[str, str, int, str]:
        return self._named(flow.source), self._named(flow.destination), flow.port, flow.protocol


def _end(flow: Flow) -> datetime:
    return flow.at
