"""The fields of a DNS header that are judged: names of the 48 bits, and a plain rule on them to compare with.

Layout (RFC 1035 4.1.1, AD and CD by RFC 4035): QR, Opcode (4), AA, TC, RD, RA, Z, AD, CD, RCODE (4), QDCOUNT (16),
ANCOUNT (16). A pattern is these as one number; the transaction id before them is random by design and left out.
"""

import numpy as np
from numpy.typing import NDArray

Patterns = NDArray[np.uint64]
Bits = NDArray[np.float32]
Verdicts = NDArray[np.bool_]

WIDTHS = (
    ("QR", 1),
    ("Opcode", 4),
    ("AA", 1),
    ("TC", 1),
    ("RD", 1),
    ("RA", 1),
    ("Z", 1),
    ("AD", 1),
    ("CD", 1),
    ("RCODE", 4),
    ("QDCOUNT", 16),
    ("ANCOUNT", 16),
)
"""The fields in wire order, with their widths in bits."""

BITS = sum(width for _, width in WIDTHS)
PATTERN = np.uint64((1 << BITS) - 1)
_SHIFTS = np.arange(BITS - 1, -1, -1, dtype=np.uint64)

MOST_ANSWERS = 4096
"""The plain rule's ceiling for ANCOUNT: a message of 64 KiB holds no more records of ordinary size."""

OPCODES = (0, 1, 2, 4, 5, 6)
"""Query, inverse query, status, notify, update, stateful operations (IANA); 3 and 7-15 are unassigned."""

HIGHEST_RCODE = 11
"""Of the four header bits; 12-15 are unassigned (IANA)."""


def _names() -> tuple[str, ...]:
    """`QR`, `Opcode.8`, `Opcode.4` …: a bit of a wider field is named by what it counts for."""
    return tuple(
        name if width == 1 else f"{name}.{1 << place}" for name, width in WIDTHS for place in reversed(range(width))
    )


NAMES = _names()


def bits(patterns: Patterns) -> Bits:
    """One row of 48 zeros and ones per pattern, in wire order."""
    return ((patterns[:, np.newaxis] >> _SHIFTS) & np.uint64(1)).astype(np.float32)


def pack(headers: NDArray[np.uint8]) -> Patterns:
    """Patterns of headers given as rows of at least eight bytes."""
    padded = np.zeros((len(headers), 8), np.uint8)
    padded[:, 2:] = headers[:, 2:8]
    return padded.view(">u8").ravel().astype(np.uint64)


def unpack(patterns: Patterns) -> dict[str, NDArray[np.int64]]:
    """The value of each field, as columns by name."""
    fields: dict[str, NDArray[np.int64]] = {}
    shift = BITS
    for name, width in WIDTHS:
        shift -= width
        fields[name] = ((patterns >> np.uint64(shift)) & np.uint64((1 << width) - 1)).astype(np.int64)
    return fields


def implausible(patterns: Patterns) -> Verdicts:
    """The plain rule: flag what no standard lets a header say.

    An unassigned opcode or RCODE, the reserved Z bit, more than one question, a query that carries an error or (but for
    notify, update and inverse query) answers, or more answers than a message can hold.
    """
    field = unpack(patterns)
    query = field["QR"] == 0
    may_carry = np.isin(field["Opcode"], (1, 4, 5))
    odd_query = query & ((field["RCODE"] != 0) | (field["ANCOUNT"] != 0) & ~may_carry)
    odd_field = ~np.isin(field["Opcode"], OPCODES) | (field["RCODE"] > HIGHEST_RCODE) | (field["Z"] != 0)
    verdicts: Verdicts = odd_query | odd_field | (field["QDCOUNT"] > 1) | (field["ANCOUNT"] > MOST_ANSWERS)
    return verdicts
