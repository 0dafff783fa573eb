"""Flow records from files: CSV, or a Zeek conn.log; tagged with what they serve, and summed up by day.

CSV columns: `time` (ISO 8601 with an offset, or seconds since 1970), `source`, `destination` (address or host name),
`port` (the destination's), and optionally `protocol` (tcp) and `bytes` (0). There is none for what a flow serves: that
is declared in the context, and a flow that could say it would say `backup`. Files may be gzipped and are read as a
stream; all times become UTC. A record that cannot be read is an error at its place: a flow left out here is a backup
cut later.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from engine.context import zeek
from engine.context.parts import Name, TagRule
from engine.context.places import overlap, place, spelling, within
from engine.context.rows import csv_rows, opened
from engine.model.base import AwareDatetime, Model
from engine.model.context import Asset, Flow
from engine.ports import Address, Network

Day = tuple[str, str, int, str, str, date]
"""Source, destination, port, protocol, tag and UTC day."""
Tagger = Callable[[Flow], str]
"""What a flow serves, or empty."""

CSV = ("time", "source", "destination", "port", "protocol", "bytes")
REQUIRED = CSV[:4]
ZEEK = {
    "time": "ts",
    "source": "id.orig_h",
    "destination": "id.resp_h",
    "port": "id.resp_p",
    "protocol": "proto",
    "sent": "orig_bytes",
    "received": "resp_bytes",
    "state": "conn_state",
}
UNANSWERED = frozenset({"S0", "REJ"})
"""Zeek's connection states of TCP attempts that nobody answered: a scan is no traffic that anybody lives on."""


def _is_address(text: str) -> str:
    if not isinstance(place(text), Address):
        raise ValueError(f"`{text}` is no address")
    return text


Port = Annotated[int, Field(ge=0, le=65535)]
Bytes = Annotated[int, Field(ge=0)]
HostAddress = Annotated[str, AfterValidator(_is_address)]


class CsvFlow(Model):
    """A record of our own CSV."""

    time: AwareDatetime
    source: Name
    destination: Name
    port: Port
    protocol: Name = "tcp"
    bytes: Bytes = 0


class Conn(Model):
    """What is used of a record of Zeek's conn.log."""

    time: AwareDatetime
    source: HostAddress
    destination: HostAddress
    port: Port
    protocol: Name
    sent: Bytes = 0
    received: Bytes = 0
    state: Name


def read_flows(path: Path, tag: Tagger) -> Iterator[Flow]:
    """The flows of a file in its order, tagged; raise `InvalidInput` at the first record that cannot be read."""
    with opened(path) as lines:
        first = next(lines, "")
        whole = chain([first], lines) if first else iter(())
        flows = _zeek(path, whole) if first.startswith(("#", "{")) else _csv(path, whole)
        for flow in flows:
            yield flow.model_copy(update={"tag": tag(flow)})


def by_day(flows: Iterable[Flow]) -> Iterator[Flow]:
    """Tagged flows summed up by ends, port, protocol, tag and UTC day, each dated with the last of its day."""
    sums = defaultdict[Day, list[int]](lambda: [0, 0])
    last = dict[Day, Flow]()
    for flow in flows:
        if flow.tag:
            key = (flow.source, flow.destination, flow.port, flow.protocol, flow.tag, flow.at.date())
            sums[key][0] += flow.count
            sums[key][1] += flow.bytes
            last[key] = flow if key not in last or flow.at > last[key].at else last[key]
    for key, flow in last.items():
        yield flow.model_copy(update={"count": sums[key][0], "bytes": sums[key][1]})


def tagger(rules: Sequence[TagRule], assets: Iterable[Asset], ours: Sequence[Network]) -> Tagger:
    """Tags by the first rule that a flow meets; rules may name hosts of the site.

    One without a peer speaks of traffic within `ours` only: else whoever sends to its port anywhere would meet it.
    """
    addresses = {spelling(asset.name): (asset.name, *asset.addresses) for asset in assets}
    meant = [(rule, _meant(rule.peer, addresses)) for rule in rules]

    def within_ours(flow: Flow) -> bool:
        return all(spelling(end) in addresses or _inside(end, ours) for end in (flow.source, flow.destination))

    def tag(flow: Flow) -> str:
        met = (rule for rule, peers in meant if _meets(flow, rule, peers) and (peers or within_ours(flow)))
        return next((rule.tag for rule in met), "")

    return tag


def _inside(end: str, ours: Sequence[Network]) -> bool:
    found = place(end)
    return found is not None and any(within(found, network) for network in ours)


def _meant(peer: str | None, addresses: Mapping[str, Sequence[str]]) -> Sequence[str]:
    return () if peer is None else addresses.get(spelling(peer), (peer,))


def _meets(flow: Flow, rule: TagRule, peers: Sequence[str]) -> bool:
    if rule.port not in (None, flow.port) or rule.protocol not in (None, flow.protocol):
        return False
    return not peers or any(_same(end, peer) for end in (flow.source, flow.destination) for peer in peers)


def _same(end: str, peer: str) -> bool:
    here, there = place(end), place(peer)
    if here is not None and there is not None:
        return overlap(here, there)
    return spelling(end) == spelling(peer)


def _csv(path: Path, lines: Iterator[str]) -> Iterator[Flow]:
    for row in csv_rows(path, lines, CSV, REQUIRED):
        read = row.read(CsvFlow, {name: name for name in CSV})
        yield _flow(read.time, read.source, read.destination, read.port, read.protocol, read.bytes)


def _zeek(path: Path, lines: Iterator[str]) -> Iterator[Flow]:
    for row in zeek.rows(path, lines):
        read = row.read(Conn, ZEEK)
        if read.protocol != "tcp" or read.state not in UNANSWERED:
            size = read.sent + read.received
            yield _flow(read.time, read.source, read.destination, read.port, read.protocol, size)


def _flow(at: datetime, source: str, destination: str, port: int, protocol: str, size: int) -> Flow:
    return Flow(
        at=at.astimezone(UTC),
        source=spelling(source),
        destination=spelling(destination),
        port=port,
        protocol=protocol.lower(),
        bytes=size,
    )
