"""Containers: both formats, byte orders, clocks, interfaces, damage, and any size of piece."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from detectors.dns import capture
from detectors.dns.capture import DamagedCapture
from detectors.dns.reading import read_capture
from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends, Order
from engine.errors import InvalidInput

SECOND = 1_000_000_000
QUERY = bytes.fromhex("beef01000001000000000000") + b"\x07example\x00\x00\x01\x00\x01"
FRAME = made.ethernet(made.udp(Ends(), QUERY))
ORDERS: tuple[Order, ...] = ("<", ">")
"""A query, framed, and the byte orders of hosts that capture."""


def times(path: Path) -> list[int]:
    return [time for batch in read_capture(path) for time in batch.time.tolist()]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("nanoseconds", "seen"), [(False, 7 * SECOND + 123_456_000), (True, 7 * SECOND + 123_456_789)])
def test_pcap_keeps_time_to_its_own_resolution(write: Any, order: Order, nanoseconds: bool, seen: int) -> None:
    content = made.pcap([Captured(7 * SECOND + 123_456_789, FRAME)], order=order, nanoseconds=nanoseconds)
    assert times(write(content)) == [seen]


@pytest.mark.parametrize("order", ORDERS)
def test_pcapng_reads_each_packet_by_its_interface(read: Any, order: Order) -> None:
    packet = made.udp(Ends(), QUERY)
    packets = [
        Captured(1, made.linked(link, packet), interface=number)
        for number, link in enumerate((made.ETHERNET, made.RAW, made.COOKED))
    ]
    seen = read(made.pcapng(packets, (made.ETHERNET, made.RAW, made.COOKED), order))
    assert seen.bodies == [QUERY] * 3
    assert {message.time for message in seen.messages} == {1}


def test_pcapng_takes_up_a_section_of_another_byte_order(read: Any) -> None:
    content = made.pcapng([Captured(1, FRAME)], order="<") + made.pcapng([Captured(2, FRAME)], order=">")
    assert [message.time for message in read(content).messages] == [1, 2]


def test_pcapng_reads_simple_and_old_packet_blocks_and_passes_over_unknown_ones(read: Any) -> None:
    padded = FRAME + bytes(-len(FRAME) % 4)
    size = len(FRAME).to_bytes(4, "little")
    simple = made.block(3, size + padded)
    old = made.block(2, bytes(4) + bytes(8) + size + size + padded)
    unknown = made.block(0x0BAD, b"anything")
    assert read(made.pcapng([]) + unknown + simple + old).bodies == [QUERY] * 2


def test_pcapng_counts_packets_of_an_interface_nobody_described(read: Any) -> None:
    seen = read(made.pcapng([Captured(1, FRAME, interface=9)]))
    assert seen.skipped == {"unsupported_link_type": 1}


@pytest.mark.parametrize("build", [made.pcap, made.pcapng])
def test_a_capture_cut_short_is_damage_at_its_last_record(write: Any, build: Callable[[Any], bytes]) -> None:
    whole = build([Captured(1, FRAME), Captured(2, FRAME)])
    last = len(whole) - (len(whole) - len(build([]))) // 2
    with pytest.raises(DamagedCapture) as raised:
        times(write(whole[:-5]))
    assert raised.value.offset == last
    assert f"damaged capture at byte {last}: cut short" in str(raised.value)


def test_what_stands_before_the_damage_is_handed_out(write: Any) -> None:
    batches = read_capture(write(made.pcap([Captured(1000, FRAME), Captured(2000, FRAME)])[:-5]))
    assert next(batches).time.tolist() == [1000]


def test_an_impossible_length_is_damage_at_its_record(write: Any) -> None:
    good = made.pcap([Captured(1, FRAME)])
    with pytest.raises(DamagedCapture) as raised:
        times(write(good + b"\xff" * 400))
    assert raised.value.offset == len(good)


def test_an_impossible_block_is_damage_at_its_offset(write: Any) -> None:
    good = made.pcapng([Captured(1, FRAME)])
    with pytest.raises(DamagedCapture) as raised:
        times(write(good + b"\x01\x00\x00\x00\x05\x00\x00\x00" + bytes(40)))
    assert raised.value.offset == len(good)


@pytest.mark.parametrize("content", [b"", b"no capture", b"\x0a\x0d\x0d\x0a" + bytes(30)])
def test_what_is_no_capture_is_refused(write: Any, content: bytes) -> None:
    with pytest.raises(InvalidInput, match="neither pcap nor pcapng"):
        times(write(content))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        times(tmp_path / "absent.pcap")


@pytest.mark.parametrize("build", [made.pcap, made.pcapng])
@pytest.mark.parametrize("piece", [31, 32, 97, 1000])
def test_the_size_of_a_piece_changes_nothing(
    write: Any, monkeypatch: pytest.MonkeyPatch, build: Callable[[Any], bytes], piece: int
) -> None:
    path = write(build([Captured(1000 * number, FRAME) for number in range(20)]))
    monkeypatch.setattr(capture, "CHUNK", piece)
    assert times(path) == [1000 * number for number in range(20)]


@given(content=st.binary(max_size=400), container=st.sampled_from(["pcap", "pcapng"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_bytes_behind_a_header_end_in_packets_or_a_clear_error(
    tmp_path: Path, content: bytes, container: str
) -> None:
    path = tmp_path / "any"
    path.write_bytes({"pcap": made.pcap([]), "pcapng": made.pcapng([])}[container] + content)
    with contextlib.suppress(DamagedCapture):
        list(read_capture(path))
