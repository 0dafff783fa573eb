"""DNS over TCP: segments late, twice, overlapping, missing; openings unseen; stores bounded."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.dns import streams
from detectors.dns.streams import Segment, Streams
from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends

START = (1 << 32) - 20
"""So that sequence numbers wrap early in every stream."""


def message(number: int, size: int = 30) -> bytes:
    return number.to_bytes(2, "big") + bytes.fromhex("01000001000000000000") + b"x" * (size - 12)


def segment(at: int, data: bytes, *, syn: bool = False, to_server: bool = True, key: bytes = b"k") -> Segment:
    return Segment(key, 0, 0, (START + at) % (1 << 32), data, len(data), syn, to_server)


def heads(segments: list[Segment]) -> tuple[list[bytes], dict[str, int]]:
    skipped: Counter[str] = Counter()
    followed = Streams(skipped)
    found = [head for one in segments for head in followed.accept(one)] + list(followed.finish())
    return [head.data[:8] for head in found], dict(skipped)


OPEN = segment(0, b"", syn=True)


@given(
    sizes=st.lists(st.integers(8, 60), min_size=1, max_size=8),
    cuts=st.lists(st.integers(1, 400), max_size=12),
    shuffle=st.randoms(use_true_random=False),
)
def test_any_order_and_repetition_of_segments_gives_the_same_messages(
    sizes: list[int], cuts: list[int], shuffle: Any
) -> None:
    messages = [message(number, max(size, 12))[:size] for number, size in enumerate(sizes)]
    stream = b"".join(map(made.prefixed, messages))
    places = sorted({0, len(stream), *(cut % len(stream) for cut in cuts)})
    segments = [segment(low, stream[low:high]) for low, high in zip(places, places[1:], strict=False)]
    segments += shuffle.sample(segments, len(segments) // 2) + [segment(0, stream[: places[1]])]
    shuffle.shuffle(segments)
    found, skipped = heads([OPEN, *segments])
    assert sorted(found) == sorted(one[:8] for one in messages)
    assert skipped == {}


def test_a_gap_inside_a_body_loses_nothing() -> None:
    stream = made.prefixed(message(1, 500)) + made.prefixed(message(2))
    found, skipped = heads([OPEN, segment(0, stream[:100]), segment(400, stream[400:])])
    assert found == [message(1)[:8], message(2)[:8]]
    assert skipped == {}


def test_a_gap_over_a_header_is_reported_and_left_behind_at_a_whole_message() -> None:
    parts = [made.prefixed(message(number)) for number in range(4)]
    size = len(parts[0])
    middle = segment(2 * size, parts[2][:20])
    found, skipped = heads([OPEN, segment(0, parts[0]), middle, segment(3 * size, parts[3])])
    assert found == [message(0)[:8], message(3)[:8]]
    assert skipped == {"tcp_gap": 1}


def test_no_more_than_a_bounded_number_of_segments_waits_for_a_gap() -> None:
    parts = [made.prefixed(message(number)) for number in range(streams.MOST_WAITING + 2)]
    size = len(parts[0])
    skipped: Counter[str] = Counter()
    followed = Streams(skipped)
    found = [
        head
        for one in [OPEN, *(segment(n * size, parts[n]) for n in range(1, len(parts)))]
        for head in followed.accept(one)
    ]
    assert len(found) == streams.MOST_WAITING + 1
    assert skipped == {"tcp_gap": 1}


def test_a_client_whose_opening_was_not_seen_is_read_and_marked() -> None:
    (head,) = Streams(Counter()).accept(segment(7, b"POST /one HTTP/1.0\r\n"))
    assert head.data == b"ST /one HTTP/1.0\r\n"
    assert head.assumed


def test_a_server_whose_opening_was_not_seen_is_read_only_at_a_whole_message() -> None:
    inside, whole = segment(0, b"x" * 40, to_server=False), segment(40, made.prefixed(message(1)), to_server=False)
    found, skipped = heads([inside, whole])
    assert found == [message(1)[:8]]
    assert skipped == {"tcp_start_not_seen": 1}


def test_a_keep_alive_begins_no_stream() -> None:
    found, _ = heads([segment(0, b"\0"), segment(1, made.prefixed(message(1)))])
    assert found == [message(1)[:8]]


def test_a_new_connection_between_the_same_ends_starts_afresh() -> None:
    again = Segment(b"k", 0, 0, 5000, b"", 0, True, True)
    data = made.prefixed(message(2))
    found, _ = heads(
        [OPEN, segment(0, made.prefixed(message(1))), again, Segment(b"k", 0, 0, 5000, data, len(data), False, True)]
    )
    assert found == [message(1)[:8], message(2)[:8]]


def test_a_repeated_opening_changes_nothing() -> None:
    parts = [made.prefixed(message(number)) for number in (1, 2)]
    found, _ = heads([OPEN, segment(0, parts[0]), OPEN, segment(len(parts[0]), parts[1])])
    assert found == [message(1)[:8], message(2)[:8]]


def test_messages_shorter_than_a_header_are_counted_and_passed_over() -> None:
    stream = made.prefixed(b"") + made.prefixed(b"short") + made.prefixed(message(3))
    found, skipped = heads([OPEN, segment(0, stream)])
    assert found == [message(3)[:8]]
    assert skipped == {"shorter_than_8_bytes": 2}


def test_a_header_that_never_completes_is_counted() -> None:
    found, skipped = heads([OPEN, segment(0, made.prefixed(message(1))[:6])])
    assert found == []
    assert skipped == {"tcp_header_unfinished": 1}


def test_a_segment_cut_by_the_capture_loses_the_stream_only_if_a_header_was_cut() -> None:
    body = made.prefixed(message(1, 200))
    cut = Segment(b"k", 0, 0, START, body[:40], len(body), False, True)
    found, skipped = heads([OPEN, cut, segment(len(body), made.prefixed(message(2)))])
    assert found == [message(1)[:8], message(2)[:8]]
    assert skipped == {}


def test_streams_are_bounded_and_the_oldest_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST_STREAMS", 2)
    half, rest = made.prefixed(message(1))[:6], made.prefixed(message(1))[6:]
    keys = [b"a", b"b", b"c"]
    opened = [segment(0, half, syn=True, key=key) for key in keys]
    found, skipped = heads([*opened, *(segment(6, rest, key=key) for key in (b"b", b"c"))])
    assert found == [message(1)[:8]] * 2
    assert skipped == {"tcp_header_unfinished": 1}


def test_a_connection_in_a_capture_gives_both_sides_messages(read: Any) -> None:
    client, server = Ends(), Ends().back()
    query, answer = made.prefixed(message(1)), made.prefixed(message(1, 90))
    packets = [
        made.tcp(client, 99, flags=made.SYN),
        made.tcp(server, 499, flags=made.SYN | made.ACK),
        made.tcp(client, 100, flags=made.ACK),
        made.tcp(client, 100, query[:2]),
        made.tcp(client, 102, query[2:]),
        made.tcp(server, 500, answer[:50]),
        made.tcp(server, 550, answer[50:]),
        made.tcp(client, 100 + len(query), flags=made.FIN | made.ACK),
    ]
    seen = read(made.pcap([Captured(0, packet) for packet in packets], made.RAW))
    assert [(found.ends.to_server, found.data[:2]) for found in seen.messages] == [(True, b"\0\1"), (False, b"\0\1")]
    assert seen.skipped == {"no_payload": 2}
