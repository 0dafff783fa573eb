"""Live capture: blocks through the pipe, and a real interface watched by processes that are nobody."""

import json
import os
import select
import socket
import subprocess
import sys

import pytest

from detectors.dns.live import Block, LiveCapture, decode
from detectors.dns.messages import Extractor
from detectors.generators import captures as made
from detectors.generators.captures import Ends
from engine.errors import InvalidInput

QUERY = bytes.fromhex("beef01000001000000000000") + b"\x07example\x00\x00\x01\x00\x01"
STRANGE = b"\x38\x9a\x41\xc7\x55\x02\xee\x10\x77"
LISTEN = "from console.cli.detect import app; app()"


def owners(group: int) -> frozenset[str]:
    """Who the processes of one process group are, by name."""
    listed = subprocess.run(["ps", "-eo", "pgid=,user="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines())
    return frozenset(user for pgid, user in rows if pgid == str(group))


def test_a_block_keeps_packets_times_and_drops() -> None:
    packets = [made.udp(Ends(), QUERY), made.udp(Ends().back(), QUERY + b"x")]
    dropped, batch = decode(Block([5, 7], packets).encode(3), made.RAW)
    messages = Extractor().messages(batch)
    assert (dropped, batch.time.tolist()) == (3, [5, 7])
    assert [messages.message(index).data for index in range(len(messages))] == [QUERY, QUERY + b"x"]


def test_an_empty_block_is_an_empty_batch() -> None:
    dropped, batch = decode(Block([], []).encode(0), made.RAW)
    assert (dropped, len(batch), len(Extractor().messages(batch))) == (0, 0, 0)


def test_an_interface_that_is_not_there_is_an_input_error() -> None:
    with pytest.raises(InvalidInput, match="no interface `../../etc`"):
        LiveCapture("../../etc")


@pytest.mark.skipif(os.geteuid() != 0, reason="a raw socket needs root")
def test_what_passes_an_interface_is_found_by_processes_that_are_nobody() -> None:
    command = [sys.executable, "-c", LISTEN, "dns", "--interface", "lo", "--seconds", "3", "--json"]
    seen: set[frozenset[str]] = set()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
        ) as listener,
    ):
        while listener.poll() is None:
            # An unconnected socket is not told that nobody listens there.
            sender.sendto(STRANGE, ("127.0.0.1", 53))
            seen.add(owners(listener.pid))
            select.select([], [], [], 0.1)
        out, problems = listener.communicate()
    assert (listener.returncode, problems) == (0, "")
    finding, summary = map(json.loads, out.splitlines())
    assert finding["evidence"]["raw"][0]["bytes"] == STRANGE.hex()
    assert summary["summary"]["files"] == 0
    assert frozenset({"root", "nobody"}) in seen
