"""Link layers: where the network layer begins in each packet, and which it is.

Sources: the link-layer header types of tcpdump.org/linktypes; IEEE 802.1Q and 802.1ad for tags.
"""

from collections.abc import Callable, Mapping

import numpy as np

from detectors.dns.words import Column, Words

IPV4, IPV6 = 0x0800, 0x86DD
VLAN_TYPES = (0x8100, 0x88A8, 0x9100, 0x9200)
MOST_TAGS = 4
IPV6_FAMILIES = (10, 24, 28, 30)
"""AF_INET6 of Linux, NetBSD/OpenBSD, FreeBSD and Darwin; AF_INET is 2 everywhere."""
HIGHEST_FAMILY = 0xFFFF

Located = tuple[Column, Column]
"""EtherType (0 where it is neither IPv4 nor IPv6 nor known) and offset of what it announces."""

Locate = Callable[[Words, Column, Column], Located]
"""A link layer: chunk, offset of each packet, first offset behind each packet."""


def _ethernet(words: Words, start: Column, end: Column) -> Located:
    return _untag(words, words.u16(start + 12), start + 14, end)


def _cooked(words: Words, start: Column, end: Column) -> Located:
    return _untag(words, words.u16(start + 14), start + 16, end)


def _cooked_v2(words: Words, start: Column, end: Column) -> Located:
    return _untag(words, words.u16(start), start + 20, end)


def _raw(words: Words, start: Column, end: Column) -> Located:
    version = words.u8(start) >> 4
    return np.select([version == 4, version == 6], [IPV4, IPV6], 0), start


def _raw_v4(words: Words, start: Column, end: Column) -> Located:
    return np.full(len(start), IPV4, np.int64), start


def _raw_v6(words: Words, start: Column, end: Column) -> Located:
    return np.full(len(start), IPV6, np.int64), start


def _loopback(words: Words, start: Column, end: Column) -> Located:
    """BSD loopback: an address family in the byte order of the host that captured."""
    family = words.u32(start)
    swapped = words.ordered("<").u32(start)
    family = np.where(family > HIGHEST_FAMILY, swapped, family)
    return np.select([family == 2, np.isin(family, IPV6_FAMILIES)], [IPV4, IPV6], 0), start + 4


def _untag(words: Words, kind: Column, at: Column, end: Column) -> Located:
    """Step over VLAN tags, stacked ones too."""
    for _ in range(MOST_TAGS):
        tagged = np.flatnonzero(np.isin(kind, VLAN_TYPES) & (at + 4 <= end))
        if not len(tagged):
            break
        kind[tagged] = words.u16(at[tagged] + 2)
        at[tagged] += 4
    return kind, at


LINKS: Mapping[int, Locate] = {
    0: _loopback,
    1: _ethernet,
    12: _raw,
    14: _raw,
    101: _raw,
    108: _loopback,
    113: _cooked,
    228: _raw_v4,
    229: _raw_v6,
    276: _cooked_v2,
}
"""Every link type that is read, by its number in captures."""
