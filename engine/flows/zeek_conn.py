"""Zeek's conn.log, tab-separated or as JSON lines: https://docs.zeek.org/en/master/logs/conn.html."""

from collections.abc import Mapping

from engine.flows.json_lines import Object, parsed, text
from engine.flows.records import PORTLESS, Record, Unreadable, amount, end, moment, port, protocol

UNANSWERED = frozenset({"S0", "REJ"})
"""States of TCP attempts that nobody answered: a scan is no traffic that anybody lives on."""
NOBODY = "nobody answered"
NOT_IP = "not IP"
TCP = 6


class ZeekReader:
    """Tab-separated; each `#fields` line holds for what follows it, so that logs joined together are read."""

    def __init__(self) -> None:
        """Begin without a header."""
        self._separator, self._absent = "\t", frozenset({"-", "(empty)"})
        self._fields: list[str] = []

    def read(self, line: str) -> Record | str:
        """The record in this line."""
        if line.startswith("#"):
            self._header(line)
            return ""
        values = line.split(self._separator)
        if len(values) != len(self._fields):
            raise Unreadable(f"{len(values)} values, {len(self._fields)} fields")
        named = zip(self._fields, values, strict=True)
        return _record({name: value for name, value in named if value not in self._absent})

    def _header(self, line: str) -> None:
        if line.startswith("#separator "):
            self._separator = _unescaped(line.removeprefix("#separator "))
            return
        name, *values = line.split(self._separator)
        match name, values:
            case "#fields", _:
                self._fields = values
            case "#path", [path] if path != "conn":
                raise Unreadable(f"is Zeek's `{path[:60]}` log, not its conn log")
            case (("#unset_field" | "#empty_field"), [absent]):
                self._absent |= {absent}


class ZeekJsonReader:
    """One JSON object a line."""

    def read(self, line: str) -> Record | str:
        """The record in this line."""
        return _record(parsed(line))


def _record(values: Object) -> Record | str:
    number, state = protocol(text(values, "proto"), "proto"), text(values, "conn_state")
    if number is None:
        return NOT_IP
    if number == TCP and state in UNANSWERED:
        return NOBODY
    size = _bytes(values, "orig_bytes") + _bytes(values, "resp_bytes")
    return Record(
        end(text(values, "id.orig_h"), "id.orig_h"),
        end(text(values, "id.resp_h"), "id.resp_h"),
        0 if number in PORTLESS else port(text(values, "id.resp_p"), "id.resp_p"),
        number,
        size,
        moment(text(values, "ts"), "ts") + _seconds(values),
    )


def _bytes(values: Mapping[str, object], field: str) -> int:
    return amount(text(values, field, "0"), field)


def _seconds(values: Object) -> int:
    """How long it lasted; Zeek dates a connection by its beginning."""
    try:
        return min(max(int(float(text(values, "duration", "0"))), 0), 365 * 86400)
    except (ValueError, OverflowError):
        raise Unreadable("is no duration", "duration") from None


def _unescaped(written: str) -> str:
    try:
        found = bytes.fromhex(written.replace("\\x", "")).decode("ascii") if written.startswith("\\x") else written
    except ValueError:
        raise Unreadable(f"separator `{written[:60]}` is none") from None
    if not found:
        raise Unreadable("the separator is empty")
    return found
