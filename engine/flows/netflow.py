"""NetFlow-style CSV: a first line of column names, as nfdump, Argus, flow-tools and our own exports write them.

Columns are known by their names, in any order; others are passed over. Commas or tabs part them. A time without an
offset is taken for UTC.
"""

import csv
from collections.abc import Mapping, Sequence

from engine.flows.records import PORTLESS, Record, Unreadable, amount, end, moment, port, protocol
from engine.flows.vpc import directed
from engine.flows.zeek_conn import NOBODY, NOT_IP

COLUMNS: Mapping[str, Sequence[str]] = {
    "at": ("te", "last", "lastseen", "end", "endtime", "end_time", "last_switched", "flow_end"),
    "start": ("ts", "first", "firstseen", "start", "starttime", "start_time", "time", "timestamp", "stime"),
    "source": ("sa", "srcaddr", "src", "src_ip", "source", "saddr", "sourceaddress", "ipv4_src_addr", "src4addr"),
    "destination": (
        "da", "dstaddr", "dst", "dst_ip", "destination", "daddr", "destinationaddress", "ipv4_dst_addr", "dst4addr",
    ),
    "from": ("sp", "srcport", "sport", "src_port", "l4_src_port"),
    "to": ("dp", "dstport", "dport", "dst_port", "l4_dst_port", "port"),
    "protocol": ("pr", "prot", "proto", "protocol"),
    "size": ("ibyt", "totbytes", "bytes", "doctets", "octets", "in_bytes", "inbyte"),
    "back": ("obyt", "out_bytes", "outbyte"),
    "state": ("state",),
    "direction": ("dir",),
}  # fmt: skip
"""What a column holds, by the names that are in use; compared in lower case."""
NEEDED = ("source", "destination", "to")
END_OF_RECORDS = frozenset({"summary", "time window", "total flows processed"})
"""First cells of the lines that nfdump writes after the last record."""
ONE_WAY = frozenset({"S0", "REJ", "S_", "S_RA", "S_R"})
"""Argus' and Zeek's words for TCP attempts that nobody answered."""


def knows_header(first: str) -> bool:
    """Whether these are column names that make a flow."""
    found = _columns(_cells(first, _parted_by(first)))
    return all(name in found for name in NEEDED) and ("at" in found or "start" in found)


class NetflowReader:
    """A header, then one record a line."""

    def __init__(self) -> None:
        """Begin before the header."""
        self._separator, self._columns, self._width, self._over = ",", dict[str, tuple[int, str]](), 0, False

    def read(self, line: str) -> Record | str:
        """The record in this line."""
        if not self._columns:
            return self._header(line)
        cells = _cells(line, self._separator)
        self._over = self._over or cells[0].strip().lower() in END_OF_RECORDS
        if self._over:
            return ""
        if len(cells) != self._width:
            raise Unreadable(f"{len(cells)} cells, but {self._width} columns")
        return self._record({name: cells[place].strip() for name, (place, _) in self._columns.items()})

    def _header(self, line: str) -> str:
        if not knows_header(line):
            raise Unreadable("the first line names no columns that make a flow")
        self._separator = _parted_by(line)
        cells = _cells(line, self._separator)
        self._columns, self._width = _columns(cells), len(cells)
        return ""

    def _record(self, values: Mapping[str, str]) -> Record | str:
        number = protocol(values.get("protocol") or "tcp", self._name("protocol"))
        if number is None:
            return NOT_IP
        if number == 6 and values.get("state") in ONE_WAY:
            return NOBODY
        source, destination = (end(values[name], self._name(name)) for name in ("source", "destination"))
        when = "at" if values.get("at") else "start"
        size = sum(amount(values.get(name) or "0", self._name(name)) for name in ("size", "back"))
        ports = (0, 0) if number in PORTLESS else (self._port(values, "from"), self._port(values, "to"))
        at = moment(values.get(when, ""), self._name(when))
        # Argus says itself who began it; whoever writes no source port means the service by the other.
        if "direction" in values or "from" not in values:
            return Record(source, destination, ports[1], number, size, at)
        return directed(source, destination, number, ports, size, at)

    def _port(self, values: Mapping[str, str], which: str) -> int:
        return port(values.get(which) or "0", self._name(which))

    def _name(self, which: str) -> str:
        return self._columns.get(which, (0, which))[1]


def _parted_by(first: str) -> str:
    return "\t" if "\t" in first else ","


def _cells(line: str, separator: str) -> Sequence[str]:
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader((line,), delimiter=separator, strict=True), [""])
    except csv.Error as error:
        raise Unreadable(f"is no CSV: {error}") from None


def _columns(header: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Where each known column stands, and how the file names it; the first name in use counts."""
    places = {cell.strip().lower(): (place, cell.strip()) for place, cell in reversed([*enumerate(header)])}
    found = {name: next((places[one] for one in names if one in places), None) for name, names in COLUMNS.items()}
    return {name: at for name, at in found.items() if at is not None}
