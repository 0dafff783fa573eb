"""Layers: every link type, tags, both IP versions, extension headers, fragments, padding and short captures."""

from struct import pack
from typing import Any

import pytest

from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends

QUERY = bytes.fromhex("beef01000001000000000000") + b"\x07example\x00\x00\x01\x00\x01"
V6 = Ends("2001:db8::7", 40_000, "2001:db8::53", 53)
LINKS = [made.NULL, made.ETHERNET, 12, 14, made.RAW, made.LOOP, made.COOKED, made.COOKED_V2]


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("ends", [Ends(), V6], ids=["v4", "v6"])
def test_every_link_type_leads_to_the_message(read: Any, link: int, ends: Ends) -> None:
    seen = read(made.pcap([Captured(5000, made.linked(link, made.udp(ends, QUERY)))], link))
    (message,) = seen.messages
    assert message.data == QUERY
    assert (str(message.ends.source), message.ends.source_port) == (ends.source, ends.source_port)
    assert (str(message.ends.destination), message.ends.destination_port) == (ends.destination, 53)
    assert seen.skipped == {}


@pytest.mark.parametrize(("link", "ends"), [(228, Ends()), (229, V6)])
def test_raw_types_of_one_version_lead_to_the_message(read: Any, link: int, ends: Ends) -> None:
    assert read(made.pcap([Captured(0, made.udp(ends, QUERY))], link)).bodies == [QUERY]


def test_loopback_families_are_read_in_either_byte_order(read: Any) -> None:
    packets = [Captured(0, made.linked(made.NULL, made.udp(Ends(), QUERY), order)) for order in ("<", ">")]
    assert read(made.pcap(packets, made.NULL)).bodies == [QUERY] * 2


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100), (0x9100, 0x8100, 0x8100)])
def test_vlan_tags_are_stepped_over_however_stacked(read: Any, tags: tuple[int, ...]) -> None:
    assert read(made.pcap([Captured(0, made.ethernet(made.udp(Ends(), QUERY), *tags))])).bodies == [QUERY]


def test_an_unknown_link_type_is_counted(read: Any) -> None:
    assert read(made.pcap([Captured(0, bytes(60))], 147)).skipped == {"unsupported_link_type": 1}


def test_what_is_not_ip_is_counted(read: Any) -> None:
    arp = made.NO_MACS + b"\x08\x06" + bytes(46)
    assert read(made.pcap([Captured(0, arp)])).skipped == {"not_ip": 1}


def test_traffic_of_other_ports_is_counted(read: Any) -> None:
    other = made.udp(Ends(destination_port=5353), QUERY)
    assert read(made.pcap([Captured(0, other)], made.RAW)).skipped == {"not_port_53": 1}


@pytest.mark.parametrize("broken", [b"\x41" + bytes(60), b"\x45" + bytes(10), pack(">BBH", 0x45, 0, 3) + bytes(40)])
def test_a_broken_ip_header_is_counted(read: Any, broken: bytes) -> None:
    frame = made.NO_MACS + b"\x08\x00" + broken
    assert read(made.pcap([Captured(0, frame)])).skipped == {"bad_ip_header": 1}


def test_extension_headers_are_stepped_over(read: Any) -> None:
    datagram = made.udp(V6, QUERY)[40:]
    hop_by_hop = bytes([60, 0]) + bytes(6)
    options = bytes([51, 1]) + bytes(14)
    authentication = bytes([made.UDP, 1]) + bytes(10)
    packet = made.internet(V6, 0, datagram, extensions=hop_by_hop + options + authentication)
    assert read(made.pcap([Captured(0, packet)], made.RAW)).bodies == [QUERY]


def test_only_the_first_fragment_of_v4_is_read(read: Any) -> None:
    datagram = made.udp(Ends(), QUERY)[20:]
    first = made.internet(Ends(), made.UDP, datagram[:24], fragment=0x2000)
    later = made.internet(Ends(), made.UDP, datagram[24:], fragment=3)
    seen = read(made.pcap([Captured(0, first), Captured(0, later)], made.RAW))
    assert seen.bodies == [QUERY[:16]]
    assert seen.skipped == {"later_fragment": 1}


def test_only_the_first_fragment_of_v6_is_read(read: Any) -> None:
    datagram = made.udp(V6, QUERY)[40:]
    headers = [pack(">BBHI", made.UDP, 0, field, 1) for field in (1, 3 << 3)]
    packets = [
        made.internet(V6, 44, part, extensions=header)
        for part, header in zip((datagram[:24], datagram[24:]), headers, strict=True)
    ]
    seen = read(made.pcap([Captured(0, packet) for packet in packets], made.RAW))
    assert seen.bodies == [QUERY[:16]]
    assert seen.skipped == {"later_fragment": 1}


def test_ethernet_padding_is_no_payload(read: Any) -> None:
    frame = made.ethernet(made.udp(Ends(), b"")) + bytes(18)
    assert read(made.pcap([Captured(0, frame)])).skipped == {"no_payload": 1}


def test_seven_bytes_are_too_short_to_judge(read: Any) -> None:
    frame = made.ethernet(made.udp(Ends(), QUERY[:7])) + bytes(11)
    assert read(made.pcap([Captured(0, frame)])).skipped == {"shorter_than_8_bytes": 1}


def test_eight_bytes_are_enough(read: Any) -> None:
    assert read(made.pcap([Captured(0, made.udp(Ends(), QUERY[:8]))], made.RAW)).bodies == [QUERY[:8]]


@pytest.mark.parametrize(("kept", "found"), [(42 + 8, [QUERY[:8]]), (42 + 7, []), (36, []), (22, [])])
def test_a_short_capture_is_read_as_far_as_it_holds_the_header(read: Any, kept: int, found: list[bytes]) -> None:
    seen = read(made.pcap([Captured(0, made.ethernet(made.udp(Ends(), QUERY)), kept)]))
    assert seen.bodies == found
    assert sum(seen.skipped.values()) == 1 - len(found)


def test_a_length_of_zero_from_segmentation_offload_means_the_whole_packet(read: Any) -> None:
    packet = bytearray(made.udp(Ends(), QUERY))
    packet[2:4] = bytes(2)
    assert read(made.pcap([Captured(0, bytes(packet))], made.RAW)).bodies == [QUERY]
