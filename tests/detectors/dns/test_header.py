"""The 48 bits: their names, their order, and the plain rule."""

import numpy as np
import pytest

from detectors.dns.header import BITS, NAMES, bits, implausible, pack, unpack

HEADER = np.frombuffer(bytes.fromhex("beef 85b3 0001 0102"), np.uint8)[np.newaxis]


def test_every_bit_has_a_name_of_its_own() -> None:
    assert len(NAMES) == len(set(NAMES)) == BITS == 48


def test_fields_are_read_where_the_standard_puts_them() -> None:
    fields = {name: int(value[0]) for name, value in unpack(pack(HEADER)).items()}
    assert fields == {
        "QR": 1, "Opcode": 0, "AA": 1, "TC": 0, "RD": 1, "RA": 1, "Z": 0, "AD": 1, "CD": 1, "RCODE": 3,
        "QDCOUNT": 1, "ANCOUNT": 258,
    }  # fmt: skip


def test_bits_stand_in_the_order_of_their_names() -> None:
    lit = {name for name, bit in zip(NAMES, bits(pack(HEADER))[0], strict=True) if bit}
    assert lit == {"QR", "AA", "RD", "RA", "AD", "CD", "RCODE.2", "RCODE.1", "QDCOUNT.1", "ANCOUNT.256", "ANCOUNT.2"}


def test_the_transaction_id_is_no_part_of_a_pattern() -> None:
    other = HEADER.copy()
    other[0, :2] = 0
    assert pack(HEADER) == pack(other)


@pytest.mark.parametrize(
    ("pattern", "odd"),
    [
        (0x0100_0001_0000, False),  # query
        (0x8180_0001_0003, False),  # answer
        (0x2800_0001_0002, False),  # update with prerequisites
        (0x2400_0001_0001, False),  # notify with its SOA
        (0x0100_0001_0001, True),  # query with an answer
        (0x0103_0001_0000, True),  # query with an error
        (0x0140_0001_0000, True),  # Z
        (0x1900_0001_0000, True),  # opcode 3
        (0x818C_0001_0000, True),  # unassigned RCODE
        (0x0100_0002_0000, True),  # two questions
        (0x8180_0001_2000, True),  # more answers than fit
    ],
)
def test_the_plain_rule_flags_what_no_standard_allows(pattern: int, odd: bool) -> None:
    assert implausible(np.array([pattern], np.uint64)).tolist() == [odd]
