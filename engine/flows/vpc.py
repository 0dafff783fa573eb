"""VPC flow logs: fields parted by spaces, named by a first line or in the default order of version 2.

https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html. Each record is one direction of a connection:
the service is the end that answered a SYN where the flags say so, else the end with the lower port.
"""

from collections.abc import Mapping

from engine.flows.records import PORTLESS, Record, Unreadable, amount, end, moment, port, protocol
from engine.flows.zeek_conn import NOT_IP

DEFAULT = (
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes",
    "start", "end", "action", "log-status",
)  # fmt: skip
NEEDED = frozenset({"srcaddr", "dstaddr", "srcport", "dstport", "protocol", "bytes", "end"})
LOST = "records that the sensor lost"
SYN, SYN_ACK = 2, 18


def looks_like_vpc(first: str) -> bool:
    """Whether this is a header of field names, or a record in the default order."""
    words = first.split()
    return _is_header(words) or (len(words) == len(DEFAULT) and words[0].isdigit() and words[-1].isupper())


def _is_header(words: list[str]) -> bool:
    return "," not in "".join(words) and set(words) >= NEEDED


class VpcReader:
    """One record a line."""

    def __init__(self) -> None:
        """Begin in the default order."""
        self._fields: tuple[str, ...] = DEFAULT

    def read(self, line: str) -> Record | str:
        """The record in this line."""
        words = line.split()
        if _is_header(words):
            self._fields = tuple(words)
            return ""
        if len(words) != len(self._fields):
            raise Unreadable(f"{len(words)} values, {len(self._fields)} fields")
        values = dict(zip(self._fields, words, strict=True))
        status = values.get("log-status", "OK")
        if status != "OK":
            return LOST if status == "SKIPDATA" else "no traffic in this interval"
        if values.get("action", "ACCEPT") != "ACCEPT":
            return "refused by the network"
        return _record(values)


def _record(values: Mapping[str, str]) -> Record | str:
    number = protocol(values["protocol"], "protocol")
    if number is None:
        return NOT_IP
    source, destination = end(values["srcaddr"], "srcaddr"), end(values["dstaddr"], "dstaddr")
    ports = port(values["srcport"], "srcport"), port(values["dstport"], "dstport")
    size, at = amount(values["bytes"], "bytes"), moment(values["end"], "end")
    return directed(source, destination, number, ports, size, at, values.get("tcp-flags", ""))


def directed(
    source: int, destination: int, number: int, ports: tuple[int, int], size: int, at: int, flags: str = ""
) -> Record:
    """A record of one direction as one towards the service."""
    if number in PORTLESS:
        return Record(source, destination, 0, number, size, at)
    if _answers(ports, flags):
        return Record(destination, source, ports[0], number, size, at)
    return Record(source, destination, ports[1], number, size, at)


def _answers(ports: tuple[int, int], flags: str) -> bool:
    """Whether the source is the service."""
    told = int(flags) if flags.isascii() and flags.isdigit() and len(flags) < 4 else 0
    if told & SYN_ACK == SYN_ACK:
        return True
    return not told & SYN and 0 < ports[0] < ports[1]
