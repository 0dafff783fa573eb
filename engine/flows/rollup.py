"""Records summed up by day as they come, with bounded memory."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.flows.columns import U1, U2, U4, U8, Columns, merged
from engine.flows.records import Record

MOST_LINES = 200_000
"""Lines of traffic held in memory before they are handed on."""
DAY = 86400
_HALF = (1 << 64) - 1
Line = tuple[int, int, int, int]
Sums = list[int]


@dataclass
class Rollup:
    """Sums by day and line: flows, bytes, the first and last end."""

    days: dict[int, dict[Line, Sums]] = field(default_factory=dict)
    lines: int = 0

    def add(self, record: Record) -> None:
        """Count a record in."""
        source, destination, port, protocol, size, at = record
        day = self.days.setdefault(at // DAY, {})
        sums = day.get((source, destination, port, protocol))
        if sums is None:
            day[source, destination, port, protocol] = [1, size, at, at]
            self.lines += 1
            return
        sums[0] += 1
        sums[1] += size
        sums[2] = min(sums[2], at)
        sums[3] = max(sums[3], at)

    @property
    def full(self) -> bool:
        """Whether it is time to hand on."""
        return self.lines >= MOST_LINES

    def handed_on(self) -> Iterator[Columns]:
        """What was summed up, a day each; it is forgotten here."""
        days, self.days, self.lines = self.days, {}, 0
        for day, lines in days.items():
            yield merged([_columns(day, lines)])


def _columns(day: int, lines: dict[Line, Sums]) -> Columns:
    ends = {end: None for line in lines for end in line[:2]}
    places = {end: place for place, end in enumerate(ends)}
    source, destination, port, protocol = zip(*lines, strict=True)
    count, size, first, last = zip(*lines.values(), strict=True)
    return Columns(
        day=day,
        high=np.array([end >> 64 for end in ends], U8),
        low=np.array([end & _HALF for end in ends], U8),
        source=np.array([places[end] for end in source], U4),
        destination=np.array([places[end] for end in destination], U4),
        port=np.array(port, U2),
        protocol=np.array(protocol, U1),
        count=np.array([min(n, 0xFFFFFFFF) for n in count], U4),
        size=np.array([min(n, 1 << 62) for n in size], U8),
        first=np.array(first, U4),
        last=np.array(last, U4),
    )
