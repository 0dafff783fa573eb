"""Openings of what is no DNS and yet run over port 53 to pass a firewall: made up by protocol and from a seed.

A row is what would be taken for the first eight bytes of a DNS message: over UDP the payload's own, over TCP those
behind the two that would be its length.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from detectors.generators.dns import Labelled, Rng, Rows

WIDTH, PREFIX = 8, 2

Choice = tuple[bytes, ...]
"""One of these, all of one length."""

Part = Choice | int
"""Fixed choices, or so many random bytes."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How a protocol's payload begins."""

    parts: tuple[Part, ...]
    tcp: bool = False


def _text(*lines: str) -> Choice:
    return tuple(line.encode()[: WIDTH + PREFIX].ljust(WIDTH + PREFIX) for line in lines)


PRINTABLE: Choice = tuple(bytes([code]) for code in range(0x20, 0x7F))
ZERO: Choice = (b"\x00",)

OPENINGS: Mapping[str, Opening] = MappingProxyType(
    {
        "http": Opening(
            (_text("GET / HTTP/1.1", "GET /index.html", "POST /api/v1", "PUT /upload", "HEAD / HTTP"),), tcp=True
        ),
        "http_answer": Opening((_text("HTTP/1.1 200 OK", "HTTP/1.0 404", "HTTP/2 301"),), tcp=True),
        "http_connect": Opening((_text("CONNECT a.example:443", "OPTIONS * HTTP/1.1"),), tcp=True),
        "ssh": Opening((_text("SSH-2.0-OpenSSH_9.6", "SSH-2.0-libssh2", "SSH-1.99-Cisco"),), tcp=True),
        "mail": Opening(
            (_text("220 mail ESMTP", "EHLO host.example", "HELO relay", "+OK ready", "* OK IMAP4"),), tcp=True
        ),
        "ftp": Opening((_text("220 (vsFTPd 3.0.5)", "USER anonymous", "331 Please specify"),), tcp=True),
        "irc": Opening((_text("NICK bot4711", "PRIVMSG #c2 :up", ":server 001 bot"),), tcp=True),
        "tls_hello": Opening(
            ((b"\x16\x03\x01", b"\x16\x03\x03"), (b"\0", b"\1", b"\2"), 1, (b"\1\0", b"\2\0"), 2, (b"\3",)), tcp=True
        ),
        "tls_data": Opening(
            ((b"\x17\x03\x03", b"\x14\x03\x03"), tuple(bytes([high]) for high in range(64)), 6), tcp=True
        ),
        "smb": Opening((ZERO, ZERO, 2, (b"\xffSMB", b"\xfeSMB"), (b"r\0", b"@\0")), tcp=True),
        "rdp": Opening(((b"\x03\x00\x00",), 2, (b"\xe0\x00\x00\x00\x00",)), tcp=True),
        "socks4": Opening(((b"\x04\x01",), 8), tcp=True),
        "openvpn_tcp": Opening((ZERO, 1, (b"\x38", b"\x40", b"\x20"), 7), tcp=True),
        "encrypted_tcp": Opening((10,), tcp=True),
        "text_tcp": Opening((PRINTABLE,) * 10, tcp=True),
        "archive_tcp": Opening(
            ((b"PK\x03\x04\x14\x00\x00\x00\x08\x00", b"\x7fELF\x02\x01\x01\0\0\0", b"MZ\x90\0\3\0\0\0\4\0"),), tcp=True
        ),
        "openvpn": Opening(((b"\x38", b"\x40", b"\x48", b"\x20"), 7)),
        "wireguard": Opening(((b"\x01\0\0\0", b"\x02\0\0\0", b"\x04\0\0\0"), 4)),
        "quic": Opening(
            (tuple(bytes([first]) for first in range(0xC0, 0xD0)), (b"\0\0\0\1\x08", b"\x6b\x33\x43\xcf\x14"), 2)
        ),
        "quic_short": Opening((tuple(bytes([first]) for first in range(0x40, 0x80)), 7)),
        "dtls": Opening(((b"\x16\xfe\xfd\0\0\0\0\0", b"\x17\xfe\xfd\0\1\0\0\0"),)),
        "stun": Opening(((b"\0\1\0", b"\1\1\0"), 1, (b"\x21\x12\xa4\x42",))),
        "rtp": Opening(((b"\x80",), (b"\x00", b"\x08", b"\x60", b"\xe0"), 6)),
        "ntp": Opening(((b"\x23\x02\x06\xec\0\0", b"\x24\x01\x03\xe6\0\0"), 2)),
        "snmp": Opening(
            (
                (b"\x30",),
                1,
                (b"\x02\x01\x00\x04\x06p", b"\x02\x01\x01\x04\x06p"),
            )
        ),
        "ldap": Opening(
            (
                (b"\x30",),
                1,
                (b"\x02\x01\x01\x60\x07\x02", b"\x02\x01\x02\x63\x84\x00"),
            )
        ),
        "sip": Opening((_text("INVITE sip:a@b", "REGISTER sip:", "SIP/2.0 200 OK"),)),
        "radius": Opening(((b"\x01", b"\x02"), 1, (b"\x00",), 5)),
        "dhcp": Opening(((b"\x01\x01\x06\x00", b"\x02\x01\x06\x00"), 4)),
        "bittorrent": Opening((_text("d1:ad2:id20:", "d1:rd2:id20:"),)),
        "utp": Opening(((b"\x01\x00", b"\x41\x00", b"\x21\x00"), 6)),
        "kcp": Opening((4, (b"\x51\x00", b"\x52\x00"), 2)),
        "encrypted": Opening((8,)),
        "text": Opening((PRINTABLE,) * 8),
    }
)
"""Every kind made up here."""


def foreign(rng: Rng, each: int) -> Labelled:
    """`each` rows of every protocol, in random order."""
    parts = [_rows(rng, each, opening) for opening in OPENINGS.values()]
    names = np.repeat(list(OPENINGS), each)
    order = rng.permutation(len(names))
    return Labelled(np.concatenate(parts)[order], names[order])


def _rows(rng: Rng, n: int, opening: Opening) -> Rows:
    payload = np.concatenate([_part(rng, n, part) for part in opening.parts], axis=1)
    start = PREFIX if opening.tcp else 0
    return payload[:, start : start + WIDTH]


def _part(rng: Rng, n: int, part: Part) -> Rows:
    if isinstance(part, int):
        return rng.integers(0, 256, (n, part), np.uint8)
    table = np.array([list(choice) for choice in part], np.uint8)
    return table[rng.integers(0, len(table), n)]
