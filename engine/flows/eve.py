"""Suricata's EVE flow events: https://docs.suricata.io/en/latest/output/eve/eve-json-format.html."""

from engine.flows.json_lines import inner, parsed, text
from engine.flows.records import PORTLESS, Record, amount, end, moment, port, protocol
from engine.flows.zeek_conn import NOBODY, NOT_IP


class EveReader:
    """One event a line; only flows count, one for each whole connection."""

    def read(self, line: str) -> Record | str:
        """The record in this line."""
        values = parsed(line)
        kind = text(values, "event_type")
        if kind != "flow":
            return "not a flow event"
        number = protocol(text(values, "proto"), "proto")
        if number is None:
            return NOT_IP
        flow = inner(values, "flow")
        back = amount(text(flow, "bytes_toclient", "0"), "bytes_toclient")
        if number == 6 and text(flow, "pkts_toclient", "0") == "0":
            return NOBODY
        at = text(flow, "end", "") or text(values, "timestamp")
        return Record(
            end(text(values, "src_ip"), "src_ip"),
            end(text(values, "dest_ip"), "dest_ip"),
            0 if number in PORTLESS else port(text(values, "dest_port", "0"), "dest_port"),
            number,
            amount(text(flow, "bytes_toserver", "0"), "bytes_toserver") + back,
            moment(at, "end"),
        )
