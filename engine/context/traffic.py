"""Which tagged traffic an effect would cut, answered from the flows seen and the jobs that recur.

Flows are kept as *lines* (source, destination, port, protocol, tag) with running sums over time, so that a question
costs one look at each line of the target, however many flows there were. An end is matched as it was written: by the
address asked for, or by the name or any address of the host asked for.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Protocol

from engine.context.parts import Job
from engine.context.places import bounds, place, spelling
from engine.model.action import Spare
from engine.model.context import Flow
from engine.ports import FlowScope, Network

Aliases = Callable[[str], frozenset[str]]
"""Every spelling under which flows may name a host or address."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Line:
    """Who talks to whom on which port, for what."""

    source: str
    destination: str
    port: int
    protocol: str
    tag: str
    owner: str = ""

    def flow(self, at: datetime, count: int, size: int) -> Flow:
        """What was seen of it, as one flow."""
        return Flow(
            at=at,
            source=self.source,
            destination=self.destination,
            port=self.port,
            protocol=self.protocol,
            tag=self.tag,
            owner=self.owner,
            count=count,
            bytes=size,
        )


class Record(Protocol):
    """What was, or will have been, seen of one line."""

    @property
    def line(self) -> Line: ...

    def between(self, since: datetime, until: datetime | None) -> Flow | None:
        """Its sums in a window, None where nothing was seen."""


class Seen:
    """The flows of one line, ordered, with running sums."""

    def __init__(self, line: Line, flows: Iterable[Flow]) -> None:
        """Take the flows of this line in any order."""
        ordered = sorted(flows, key=lambda flow: flow.at)
        self.line = line
        self._times = [flow.at for flow in ordered]
        self._counts = [0, *accumulate(flow.count for flow in ordered)]
        self._bytes = [0, *accumulate(flow.bytes for flow in ordered)]

    def between(self, since: datetime, until: datetime | None) -> Flow | None:
        """Sums of the flows in the window, both ends included."""
        first = bisect_left(self._times, since)
        last = len(self._times) if until is None else bisect_right(self._times, until)
        if first >= last:
            return None
        count, size = self._counts[last] - self._counts[first], self._bytes[last] - self._bytes[first]
        return self.line.flow(self._times[last - 1], count, size)


class Recurring:
    """A job's flows, one day after the other."""

    def __init__(self, line: Line, job: Job) -> None:
        """Recur as `job` does, on this line."""
        self.line = line
        self._job = job

    def between(self, since: datetime, until: datetime | None) -> Flow | None:
        """The days on which it ran in the window; the next day alone where the window has no end."""
        job = self._job
        start = since if job.since is None else max(since, job.since)
        first = datetime.combine(start.astimezone(UTC).date(), job.at, UTC)
        first = first if first >= start else first + _DAY
        end = min((time for time in (until, job.until) if time is not None), default=first)
        days = (end - first) // _DAY + 1
        return self.line.flow(first + (days - 1) * _DAY, days * job.count, days * job.bytes) if days > 0 else None


class Traffic:
    """All known lines, found by their ends."""

    def __init__(self, flows: Iterable[Flow], jobs: Iterable[Job], aliases: Aliases) -> None:
        """Index the tagged flows and the jobs; untagged flows are nobody's business and are dropped."""
        self._aliases = aliases
        self._by_end: dict[str, list[Record]] = defaultdict(list)
        for record in _records(flows, jobs):
            for end in {record.line.source, record.line.destination}:
                self._by_end[end].append(record)
        self._addresses = sorted(self._placed())

    def cut(self, scope: FlowScope, since: datetime, until: datetime | None) -> Sequence[Flow]:
        """The lines this scope would have cut in the window, with their sums."""
        ends = frozenset[str]().union(*map(self._ends, scope.targets))
        cuts = _Cut(self._aliases, scope, ends)
        records = dict.fromkeys(record for end in sorted(ends) for record in self._by_end.get(end, ()))
        found = (record.between(since, until) for record in records if cuts(record.line))
        return tuple(flow for flow in found if flow is not None)

    def _ends(self, target: str) -> frozenset[str]:
        found = place(target)
        if not isinstance(found, Network):
            return self._aliases(target)
        first, last = bounds(found)
        low = bisect_left(self._addresses, (found.version, first, ""))
        inside = self._addresses[low : bisect_left(self._addresses, (found.version, last + 1, ""))]
        return frozenset(end for _, _, end in inside)

    def _placed(self) -> Iterator[tuple[int, int, str]]:
        """Where every end stands: its own address, or each address of the host it names."""
        for end in self._by_end:
            for alias in self._aliases(end) if place(end) is None else (end,):
                found = place(alias)
                if found is not None:
                    yield found.version, bounds(found)[0], end


class _Cut:
    """Whether a line falls under a scope."""

    def __init__(self, aliases: Aliases, scope: FlowScope, ends: frozenset[str]) -> None:
        self._ends = ends
        self._ports = frozenset(scope.ports)
        self._peers = None if scope.peer is None else aliases(scope.peer)
        self._spared = frozenset(spared for spare in scope.spare for spared in _spared(spare, aliases))

    def __call__(self, line: Line) -> bool:
        if self._ports and line.port not in self._ports:
            return False
        ways = ((line.source, line.destination), (line.destination, line.source))
        return any(end in self._ends and self._to(peer, line) for end, peer in ways)

    def _to(self, peer: str, line: Line) -> bool:
        wanted = self._peers is None or peer in self._peers
        return wanted and (peer, line.port, line.protocol) not in self._spared


def _spared(spare: Spare, aliases: Aliases) -> Iterator[tuple[str, int, str]]:
    return ((peer, spare.port, spare.protocol.lower()) for peer in aliases(spare.peer))


def _records(flows: Iterable[Flow], jobs: Iterable[Job]) -> Iterator[Record]:
    seen: dict[Line, list[Flow]] = defaultdict(list)
    for flow in flows:
        if flow.tag:
            seen[_line(flow)].append(flow)
    yield from (Seen(line, found) for line, found in seen.items())
    yield from (Recurring(_line(job), job) for job in jobs)


def _line(of: Flow | Job) -> Line:
    owner = of.owner if isinstance(of, Flow) else ""
    return Line(spelling(of.source), spelling(of.destination), of.port, of.protocol.lower(), of.tag, owner)
