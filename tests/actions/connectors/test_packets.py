"""Packets are captured of one address alone, within their bounds and once under a key; others can read the file."""

import os
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.connectors.packets import PacketEvidence
from actions.evidence_capture import Capture, CaptureParams
from actions.vault import Vault
from engine.errors import TargetRefused
from engine.model.evidence import EvidenceKind
from engine.target_ports import EvidenceBounds

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
KEY = "fl-00000000000000000001"
OURS, OTHER = "127.0.0.7", "127.0.0.8"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="capturing takes root: run the tests as root")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "evidence", lambda: NOW)


@pytest.fixture
def chatter() -> Iterator[None]:
    """Somebody sends to two addresses all the while."""
    over = threading.Event()

    def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while not over.wait(0.01):
                out.sendto(b"to ours", (OURS, 9))
                out.sendto(b"to another", (OTHER, 9))

    sender = threading.Thread(target=send)
    sender.start()
    yield
    over.set()
    sender.join()


def bounds(target: str = OURS, kind: str = "packets", size: int = 65536) -> EvidenceBounds:
    return EvidenceBounds(kind=EvidenceKind(kind), target=target, size=size, seconds=1, minutes=1)


@needs_root
async def test_only_packets_of_the_address_are_kept(vault: Vault, chatter: None) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.utils import rdpcap

    action = Capture(PacketEvidence("lo", vault, lambda: NOW))
    params = CaptureParams(target=OURS, kind=EvidenceKind.PACKETS, seconds=1)
    undo = await action.execute(params, KEY, None)
    assert await action.verify(params, KEY)
    assert await action.execute(params, KEY, None) == undo
    [file] = vault._contents.glob(undo.handle)
    packets = rdpcap(str(file))
    assert all(OURS in (packet[IP].src, packet[IP].dst) for packet in packets)
    sent = [packet for packet in packets if packet[IP].dst == OURS]
    assert {bytes(packet[UDP].payload) for packet in sent} == {b"to ours"}


@needs_root
async def test_a_capture_ends_at_its_bound_and_says_so(vault: Vault, chatter: None) -> None:
    receipt = await PacketEvidence("lo", vault, lambda: NOW).capture(bounds(size=200), KEY)
    assert receipt.truncated
    assert 24 < receipt.size <= 200


@pytest.mark.parametrize(
    ("interface", "wanted", "why"),
    [
        ("lo", bounds(kind="log"), "no log can be taken here"),
        ("lo", bounds("files-02"), "`files-02` is none"),
        ("no-such-0", bounds(), "no interface `no-such-0`"),
    ],
)
async def test_what_it_cannot_capture_is_refused(
    interface: str, wanted: EvidenceBounds, why: str, vault: Vault
) -> None:
    with pytest.raises(TargetRefused, match=why):
        await PacketEvidence(interface, vault, lambda: NOW).capture(wanted, KEY)
    assert vault.receipt(KEY) is None
