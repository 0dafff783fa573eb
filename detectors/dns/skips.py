"""Why something read was not judged: every reason that a summary can count."""

from enum import StrEnum


class Skip(StrEnum):
    """A reason, counted per packet, segment, message, stream or file; `docs/detectors-dns.md` says which."""

    UNSUPPORTED_LINK = "unsupported_link_type"
    NOT_IP = "not_ip"
    BAD_IP = "bad_ip_header"
    LATER_FRAGMENT = "later_fragment"
    NOT_PORT_53 = "not_port_53"
    TRUNCATED = "truncated_by_capture"
    NO_PAYLOAD = "no_payload"
    TOO_SHORT = "shorter_than_8_bytes"
    TCP_GAP = "tcp_gap"
    TCP_MIDSTREAM = "tcp_start_not_seen"
    TCP_UNFINISHED = "tcp_header_unfinished"
    DROPPED = "dropped_by_capture"
    UNREADABLE = "unreadable_file"
    DAMAGED_CAPTURE = "damaged_capture"
