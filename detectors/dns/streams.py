"""DNS over TCP: finds the beginning of every message in each direction of each connection.

A message is a length (two bytes) and that many bytes (RFC 1035 4.2.2, RFC 7766). Only its first ten bytes are ever
wanted, so a stream remembers where the next message begins and lets the rest go by: bodies are never buffered.

Rules: 1. segments may come late, twice or overlapping: what was taken first stands; 2. bytes that never come are a gap:
it is counted, and the stream is taken up again only at a segment that holds exactly one message by its own length;
3. where the opening was not seen, the client's first segment is taken for the start of a message and so marked, the
server's only under rule 2; 4. every store is bounded: streams, and the segments that wait in each.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from detectors.dns.skips import Skip

PREFIX, HEADER, LEAST_MESSAGE = 2, 8, 12
WANTED = PREFIX + HEADER
KEPT = 256
"""Bytes of a message kept as raw evidence, as far as the segment that brings its header holds them."""

MOST_WAITING = 64
MOST_STREAMS = 16_384
FARTHEST = 1 << 24
"""A segment further ahead than this fits no window of DNS and is ignored."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A TCP segment with payload or SYN. `key` names connection and direction, `seq` its first data byte; `size` is
    its length on the wire, of which a short capture may have kept less in `data`. `flow` is for the caller.
    """

    key: bytes
    flow: int
    time: int
    seq: int
    data: bytes
    size: int
    syn: bool
    to_server: bool

    def frames_itself(self) -> bool:
        """Whether it is exactly one message by its own length prefix."""
        length = int.from_bytes(self.data[:PREFIX], "big")
        return LEAST_MESSAGE <= length == self.size - PREFIX and len(self.data) >= WANTED


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of one message, from its header on; `assumed` if its stream was not followed from the start."""

    data: bytes
    segment: Segment
    assumed: bool


@dataclass(slots=True)
class _Stream:
    """One direction: where it began, the sequence number wanted next, and what was taken of the message there."""

    opened: int
    next: int
    assumed: bool
    lost: bool = False
    head: bytes = b""
    waiting: dict[int, Segment] = field(default_factory=dict)

    def ahead(self, seq: int) -> int:
        """How far `seq` is beyond what is wanted next; sequence numbers wrap (RFC 9293 3.4)."""
        return (seq - self.next + (1 << 31)) % (1 << 32) - (1 << 31)

    def move(self, size: int) -> None:
        """Want what follows the next `size` bytes."""
        self.next = (self.next + size) % (1 << 32)

    def length(self) -> int:
        """Length of the message at hand by its prefix, which must be complete."""
        return int.from_bytes(self.head[:PREFIX], "big")

    def wanted(self) -> int:
        """How long `head` must be: the prefix, then the header as far as the message has one."""
        return PREFIX if len(self.head) < PREFIX else PREFIX + min(self.length(), HEADER)

    def resume(self, seq: int) -> None:
        """Take `seq` for the start of a message (rule 2)."""
        self.next, self.head, self.lost, self.assumed = seq, b"", False, True


class Streams:
    """Every direction that is followed, least recently used first."""

    def __init__(self, skipped: Counter[str]) -> None:
        """Count in `skipped` what cannot be read."""
        self._skipped = skipped
        self._streams: OrderedDict[bytes, _Stream] = OrderedDict()

    def accept(self, segment: Segment) -> Iterator[Head]:
        """The messages whose beginning this segment completes."""
        stream = self._find(segment)
        if stream is None and self._tells_start(segment):
            yield from self._make_room()
            stream = self._streams[segment.key] = _Stream(segment.seq, segment.seq, assumed=not segment.syn)
        if stream and segment.size:
            yield from self._place(stream, segment)
            yield from self._drain(stream)

    def finish(self) -> Iterator[Head]:
        """What can still be read behind gaps when nothing more will come."""
        for stream in self._streams.values():
            yield from self._close(stream)
        self._streams.clear()

    def _find(self, segment: Segment) -> _Stream | None:
        """The stream this continues; none if it opens a new connection between the same ends."""
        stream = self._streams.get(segment.key)
        if stream is None or (segment.syn and stream.opened != segment.seq):
            return None
        self._streams.move_to_end(segment.key)
        return stream

    def _tells_start(self, segment: Segment) -> bool:
        """Rule 3. A single byte is a keep-alive or a window probe, which repeats one and begins nothing."""
        starts = segment.syn or (segment.size >= PREFIX and (segment.to_server or segment.frames_itself()))
        if not starts:
            self._skipped[Skip.TCP_MIDSTREAM] += 1
        return starts

    def _make_room(self) -> Iterator[Head]:
        if len(self._streams) >= MOST_STREAMS:
            yield from self._close(self._streams.popitem(last=False)[1])

    def _place(self, stream: _Stream, segment: Segment) -> Iterator[Head]:
        if stream.lost and segment.frames_itself():
            stream.resume(segment.seq)
        if stream.lost:
            return
        ahead = stream.ahead(segment.seq)
        if 0 < ahead <= FARTHEST:
            stream.waiting.setdefault(segment.seq, segment)
        elif -segment.size < ahead <= 0:
            yield from self._take(stream, segment, -ahead)

    def _drain(self, stream: _Stream) -> Iterator[Head]:
        """Take what waited and has its turn now; give up on a gap when too much waits for it."""
        while stream.waiting and not stream.lost:
            first = min(stream.waiting.values(), key=lambda segment: stream.ahead(segment.seq))
            if stream.ahead(first.seq) > 0:
                break
            del stream.waiting[first.seq]
            yield from self._place(stream, first)
        if len(stream.waiting) > MOST_WAITING:
            yield from self._give_up(stream)

    def _give_up(self, stream: _Stream) -> Iterator[Head]:
        self._skipped[Skip.TCP_GAP] += 1
        waited = sorted(stream.waiting.values(), key=lambda segment: stream.ahead(segment.seq))
        stream.waiting, stream.lost = {}, True
        for segment in waited:
            yield from self._place(stream, segment)

    def _take(self, stream: _Stream, segment: Segment, at: int) -> Iterator[Head]:
        """Read the segment's bytes from offset `at`, where the stream wants to go on."""
        while at < len(segment.data):
            part = segment.data[at : at + stream.wanted() - len(stream.head)]
            stream.head += part
            stream.move(len(part))
            at += len(part)
            if len(stream.head) == stream.wanted():
                rest = max(stream.length() - HEADER, 0)
                yield from self._head(stream, segment, segment.data[at : at + min(rest, KEPT - HEADER)])
                stream.move(rest)
                at += rest
        if len(segment.data) < segment.size and stream.ahead(segment.seq + segment.size) > 0:
            self._skipped[Skip.TRUNCATED] += 1
            stream.lost = True

    def _head(self, stream: _Stream, segment: Segment, more: bytes) -> Iterator[Head]:
        if stream.length() >= HEADER:
            yield Head(stream.head[PREFIX:] + more, segment, stream.assumed)
        else:
            self._skipped[Skip.TOO_SHORT] += 1
        stream.head = b""

    def _close(self, stream: _Stream) -> Iterator[Head]:
        while stream.waiting:
            yield from self._give_up(stream)
            yield from self._drain(stream)
        if stream.head:
            self._skipped[Skip.TCP_UNFINISHED] += 1
