"""Live capture: a process of its own that holds the raw socket and hands packets over, counting what it must drop.

Rules: 1. the capturing process opens the socket, becomes nobody, and from then on only reads and hands on; 2. the
process that looks into packets never holds the socket, and becomes nobody before it reads the first; 3. they share one
pipe with plain bytes, no objects; 4. what waits for it is bounded, and what does not fit, there or in the kernel, is
dropped and counted.
"""

import logging
import os
import pwd
import select
import signal
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Full, Queue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from detectors.dns.capture import Batch
from detectors.dns.words import Words
from engine.errors import InvalidInput, TargetUnavailable

if TYPE_CHECKING:
    from scapy.arch.linux import L2ListenSocket

MOST_BLOCKS, MOST_PACKETS = 64, 2048
"""Blocks that may wait, and packets in one: together some 128,000 packets."""

BLOCK_SECONDS, START_SECONDS = 0.25, 30.0
HOLD = 20
"""Blocks that a flagged flow is watched for before its finding is handed out: five seconds."""

UNPRIVILEGED = "nobody"
SOL_PACKET, PACKET_STATISTICS, PACKET_IGNORE_OUTGOING = 263, 6, 23
HARDWARE, LOOPBACK = {1: 1, 772: 1}, 772
"""Link type by the kernel's hardware type: Ethernet, and loopback that looks like it; others are taken for raw IP."""

RAW_IP = 101
SECOND = 1_000_000_000
COUNTS = struct.Struct("<QQ")
"""A block begins with packets dropped so far and packets in it; their times, their lengths and their bytes follow."""


@dataclass(frozen=True, slots=True)
class Block:
    """Packets that were read together."""

    times: list[int]
    packets: list[bytes]

    def encode(self, dropped: int) -> bytes:
        """As it goes through the pipe."""
        times, lengths = np.array(self.times, "<i8"), np.array([len(packet) for packet in self.packets], "<i8")
        head = COUNTS.pack(dropped, len(self.packets))
        return head + times.tobytes() + lengths.tobytes() + b"".join(self.packets)


def decode(block: bytes, link: int) -> tuple[int, Batch]:
    """Packets dropped so far, and the packets of a block as columns."""
    dropped, count = COUNTS.unpack_from(block)
    times, length = np.frombuffer(block, "<i8", 2 * count, COUNTS.size).astype(np.int64).reshape(2, count)
    start = COUNTS.size + 16 * count + np.cumsum(length) - length
    return dropped, Batch(Words.of(block), start, length, times, np.full(count, link, np.int64))


class LiveCapture:
    """Packets of one interface, while it is entered. Needs the right to open a raw socket (root or CAP_NET_RAW)."""

    def __init__(self, interface: str) -> None:
        """Raise `InvalidInput` where there is no such interface."""
        self._link = HARDWARE.get(_hardware(interface), RAW_IP)
        self.dropped = 0
        context = get_context("spawn")
        self._pipe, self._theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_capture, args=(interface, self._theirs), daemon=True)

    def __enter__(self) -> "LiveCapture":
        """Start the capturing process, then become nobody; raise `TargetUnavailable` if it may not capture."""
        self._process.start()
        self._theirs.close()
        problem = "the capturing process does not answer"
        if self._pipe.poll(START_SECONDS):
            problem = self._receive().decode()
        if problem:
            self._end()
            raise TargetUnavailable(f"no live capture: {problem}")
        become_nobody()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the capturing process."""
        self._end()

    def batches(self, seconds: float) -> Iterator[Batch]:
        """What is captured for so long, a batch every quarter of a second, empty ones too."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._pipe.poll(left):
                self.dropped, batch = decode(self._receive(), self._link)
                yield batch

    def _receive(self) -> bytes:
        try:
            return self._pipe.recv_bytes()
        except EOFError as error:
            raise TargetUnavailable("no live capture: the capturing process ended") from error

    def _end(self) -> None:
        self._pipe.close()
        self._process.join(4 * BLOCK_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def become_nobody() -> None:
    """Give up root for good; whoever is not root stays who they are."""
    if os.geteuid() != 0:
        return
    account = pwd.getpwnam(UNPRIVILEGED)
    os.setgroups([])
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)


def _hardware(interface: str) -> int:
    # Only a name that the kernel lists becomes part of a path.
    if interface not in {name for _, name in socket.if_nameindex()}:
        raise InvalidInput(f"no interface `{interface}`")
    return int((Path("/sys/class/net") / interface / "type").read_text())


def _capture(interface: str, pipe: Connection) -> None:
    """The capturing process (rule 1); it ends when nobody reads the pipe any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # scapy warns where it cannot guess a class for the layer; only bytes are wanted here.
    logging.getLogger("scapy").setLevel(logging.ERROR)
    # Imported here: only this process needs scapy.
    from scapy.arch.linux import L2ListenSocket

    try:
        listener = L2ListenSocket(iface=interface, promisc=False)
    except OSError as error:
        pipe.send_bytes((error.strerror or str(error)).encode())
        return
    if _hardware(interface) == LOOPBACK:
        # Every packet passes a loopback twice, out and in.
        listener.ins.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    become_nobody()
    pipe.send_bytes(b"")
    blocks: Queue[bytes] = Queue(MOST_BLOCKS)
    sender = Thread(target=_send, args=(blocks, pipe), daemon=True)
    sender.start()
    _collect(listener, blocks, sender)


def _collect(listener: "L2ListenSocket", blocks: "Queue[bytes]", sender: Thread) -> None:
    dropped = 0
    while sender.is_alive():
        block = _read(listener)
        dropped += _lost(listener.ins)
        try:
            blocks.put_nowait(block.encode(dropped))
        except Full:
            dropped += len(block.packets)


def _send(blocks: "Queue[bytes]", pipe: Connection) -> None:
    try:
        while True:
            pipe.send_bytes(blocks.get())
    except BrokenPipeError:
        return


def _read(listener: "L2ListenSocket") -> Block:
    """What comes within a quarter of a second, or as much as fits one block."""
    block = Block([], [])
    until = time.monotonic() + BLOCK_SECONDS
    while len(block.packets) < MOST_PACKETS and (left := until - time.monotonic()) > 0:
        if not select.select([listener.ins], [], [], left)[0]:
            break
        _, packet, seconds = listener.recv_raw()
        if packet is not None and seconds is not None:
            block.packets.append(packet)
            block.times.append(int(seconds * SECOND))
    return block


def _lost(raw: socket.socket) -> int:
    """Packets that the kernel dropped since it was last asked."""
    _, drops = struct.unpack("II", raw.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return int(drops)
