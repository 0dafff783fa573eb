"""The question of the look-back: which declared traffic of a window an effect would have cut, and how much of it.

One question looks at the tagged rows of the ends asked about, day by day, and sums them up by line. A day at the edge
of the window counts a line whole where its last flow of that day lies in the window: rather too much than too little.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from engine.flows.columns import U4, U8, Bytes4, Bytes8, Columns, Places
from engine.flows.declared import Declared, Spans
from engine.flows.records import protocol_name, spelled
from engine.flows.tagged import Mask, Tagged
from engine.model.context import Flow

NAMED = 100
"""Lines of one declaration that are told one by one; more than people read, and more than any action can spare."""
_SERVES = 0xFFFFFFFF


@dataclass(frozen=True)
class Question:
    """Traffic of `targets` with `peers` (anybody where None) on `ports` (any where empty), but for what is spared.

    `spared` are peer, port and protocol; the window is in seconds since 1970, both ends included.
    """

    targets: Spans
    peers: Spans | None
    ports: tuple[int, ...]
    spared: tuple[tuple[int, int, int], ...]
    since: int
    until: int


@dataclass(frozen=True)
class _Found:
    """What one day has to say."""

    tagged: Tagged
    which: Places


def answer(days: Iterable[Tagged], declarations: Sequence[Declared], question: Question) -> Sequence[Flow]:
    """One flow for each line of traffic that would have been cut, with its sums, dated with its last."""
    found = [_Found(day, which) for day in days if len(which := _cut(day, question))]
    return tuple(_flows(_lines(found), declarations)) if found else ()


def _cut(day: Tagged, question: Question) -> Places:
    """The tagged rows that fall under a question, by either of their ends."""
    columns = day.columns
    parts = [np.empty(0, np.int64)]
    for span in question.targets:
        first, last = columns.span(*span)
        if first == last:
            continue
        sent, received = day.sent(first, last), day.received(first, last)
        parts.append(sent[_wanted(day, sent, columns.destination, question)])
        parts.append(received[_wanted(day, received, columns.source, question)])
    return np.unique(np.concatenate(parts))


def _wanted(day: Tagged, which: Places, peers: Bytes4, question: Question) -> Mask:
    """Which of these rows, whose other ends stand in `peers`, are in the window and neither left out nor spared."""
    columns, rows = day.columns, day.rows[which]
    wanted: Mask = (columns.last[rows] >= question.since) & (columns.first[rows] <= question.until)
    if question.ports:
        wanted &= np.isin(columns.port[rows], question.ports)
    if question.peers is not None:
        wanted &= _in(peers[rows], [columns.span(*span) for span in question.peers])
    for peer, port, protocol in question.spared:
        spared = _in(peers[rows], [columns.span(peer, peer)])
        wanted &= ~(spared & (columns.port[rows] == port) & (columns.protocol[rows] == protocol))
    return wanted


def _in(places: Bytes4, spans: Iterable[tuple[int, int]]) -> Mask:
    found = np.zeros(len(places), bool)
    for first, last in spans:
        found |= (places >= first) & (places < last)
    return found


@dataclass(frozen=True)
class _Lines:
    """The lines of all days, each once, with their sums; `ends` are the addresses that `source` and the others name."""

    ends: Sequence[int]
    source: Bytes4
    destination: Bytes4
    service: Bytes8
    count: Bytes8
    size: Bytes8
    last: Bytes8

    def of(self, declaration: int) -> Places:
        """The lines that serve what was declared in this place, those of the most bytes first."""
        which = np.flatnonzero(self.service & U8(_SERVES) == U8(declaration))
        return which[np.argsort(self.size[which], kind="stable")[::-1]]


def _flows(lines: _Lines, declarations: Sequence[Declared]) -> Iterator[Flow]:
    """A flow for each line; of one declaration at most `NAMED`, and one for all the others together."""
    for number in np.unique(lines.service & U8(_SERVES)).tolist():
        which = lines.of(number)
        yield from (_flow(lines, place, declarations[number - 1]) for place in which[:NAMED].tolist())
        if len(which) > NAMED:
            yield _folded(lines, which[NAMED:], declarations[number - 1])


def _flow(lines: _Lines, place: int, one: Declared) -> Flow:
    service = int(lines.service[place])
    return Flow(
        at=datetime.fromtimestamp(int(lines.last[place]), UTC),
        source=spelled(lines.ends[lines.source[place]]),
        destination=spelled(lines.ends[lines.destination[place]]),
        port=service >> 40,
        protocol=protocol_name(service >> 32 & 0xFF),
        bytes=int(lines.size[place]),
        count=int(lines.count[place]),
        tag=one.tag,
        owner=one.owner,
    )


def _folded(lines: _Lines, which: Places, one: Declared) -> Flow:
    last = datetime.fromtimestamp(int(lines.last[which].max()), UTC)
    size, count = int(lines.size[which].sum()), int(lines.count[which].sum())
    return Flow(
        at=last, source="", destination="", port=0, protocol="", bytes=size, count=count, lines=len(which),
        tag=one.tag, owner=one.owner,
    )  # fmt: skip


def _lines(found: Sequence[_Found]) -> _Lines:
    """The rows of all days, summed up by line."""
    ends = dict[int, int]()
    source, destination = _renamed(found, ends, "source"), _renamed(found, ends, "destination")
    service = np.concatenate([_service(one) for one in found])
    order = np.lexsort((service, destination, source))
    source, destination, service = source[order], destination[order], service[order]
    new = np.ones(len(order), bool)
    new[1:] = (np.diff(source) != 0) | (np.diff(destination) != 0) | (np.diff(service) != 0)
    starts = np.flatnonzero(new)
    count, size, last = (_gathered(found, name)[order] for name in ("count", "size", "last"))
    return _Lines(
        tuple(ends), source[starts], destination[starts], service[starts],
        np.add.reduceat(count, starts), np.add.reduceat(size, starts), np.maximum.reduceat(last, starts),
    )  # fmt: skip


def _service(one: _Found) -> Bytes8:
    """Port, protocol and what it serves, as one number."""
    columns, rows = one.tagged.columns, one.tagged.rows[one.which]
    port, protocol = columns.port[rows].astype(U8), columns.protocol[rows].astype(U8)
    return np.left_shift(port, U8(40)) + np.left_shift(protocol, U8(32)) + one.tagged.serves[one.which].astype(U8)


def _renamed(found: Sequence[_Found], ends: dict[int, int], name: str) -> Bytes4:
    """The ends of all days under one numbering, which `ends` collects."""
    return np.concatenate([_numbered(one.tagged.columns, places, ends) for one, places in _places(found, name)])


def _places(found: Sequence[_Found], name: str) -> Iterator[tuple[_Found, Bytes4]]:
    return ((one, getattr(one.tagged.columns, name)[one.tagged.rows[one.which]]) for one in found)


def _numbered(columns: Columns, places: Bytes4, ends: dict[int, int]) -> Bytes4:
    once, back = np.unique(places, return_inverse=True)
    high, low = columns.high[once].tolist(), columns.low[once].tolist()
    numbers = [ends.setdefault(h << 64 | at, len(ends)) for h, at in zip(high, low, strict=True)]
    renamed: Bytes4 = np.array(numbers, U4)[back]
    return renamed


def _gathered(found: Sequence[_Found], name: str) -> Bytes8:
    return np.concatenate([values for _, values in _places(found, name)]).astype(U8)
