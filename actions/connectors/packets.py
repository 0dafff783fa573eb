"""Packets as evidence: a bounded capture at one interface of this host, by scapy, of one address alone.

Rules: 1. Only what comes from or goes to the address is kept. 2. The capture ends by time, or once its bound is
reached. 3. Nothing is sent and no interface is made promiscuous. It takes root, or CAP_NET_RAW.
"""

import asyncio
import socket
from collections.abc import Callable
from datetime import datetime
from ipaddress import ip_address
from struct import pack
from typing import TYPE_CHECKING

from actions.vault import Vault, digest_of
from engine.errors import TargetRefused
from engine.model.evidence import EvidenceKind, Receipt
from engine.target_ports import EvidenceBounds

if TYPE_CHECKING:
    from scapy.packet import Packet

PCAP_OF_ETHERNET = pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


class PacketEvidence:
    """Implements `Evidence` for packets; of anything else it says that it has none."""

    def __init__(self, interface: str, vault: Vault, clock: Callable[[], datetime]) -> None:
        """Capture at `interface` and keep it in `vault`; `clock` dates the receipts."""
        self._interface, self._vault, self._clock = interface, vault, clock

    async def require_source(self, wanted: EvidenceBounds) -> None:
        """Refuse what is no capture of an address, and an interface that is not there."""
        if wanted.kind is not EvidenceKind.PACKETS:
            raise TargetRefused(f"no {wanted.kind} can be taken here, only packets")
        try:
            ip_address(wanted.target)
        except ValueError:
            raise TargetRefused(f"packets are captured by address, and `{wanted.target}` is none") from None
        if self._interface not in {name for _, name in socket.if_nameindex()}:
            raise TargetRefused(f"no interface `{self._interface}` to capture at")

    async def capture(self, wanted: EvidenceBounds, owner: str) -> Receipt:
        """Capture once under this owner key."""
        if kept := self._vault.receipt(owner):
            return kept
        await self.require_source(wanted)
        content, truncated = await asyncio.to_thread(_sniffed, self._interface, wanted)
        receipt = Receipt(
            kind=wanted.kind,
            target=wanted.target,
            digest=digest_of(content),
            size=len(content),
            truncated=truncated,
            taken_at=self._clock(),
        )
        return self._vault.keep(owner, content, receipt)

    async def receipt(self, owner: str) -> Receipt | None:
        """What was captured under this owner key."""
        return self._vault.receipt(owner)

    async def intact(self, owner: str) -> bool:
        """Whether it is still there, byte for byte."""
        return self._vault.intact(owner)


def _sniffed(interface: str, wanted: EvidenceBounds) -> tuple[bytes, bool]:
    """The capture as a pcap file, and whether there was more than its bound."""
    # Imported here: only who captures needs scapy.
    from scapy.sendrecv import sniff

    kept, full = bytearray(PCAP_OF_ETHERNET), False

    def take(packet: "Packet") -> None:
        nonlocal full
        record = _record(packet)
        full = full or len(kept) + len(record) > wanted.size
        if not full:
            kept.extend(record)

    address = str(ip_address(wanted.target))
    try:
        sniff(
            iface=interface, timeout=wanted.seconds, store=False, promisc=False, prn=take,
            lfilter=lambda packet: _concerns(packet, address), stop_filter=lambda _: full,
        )  # fmt: skip
    except OSError as error:
        raise TargetRefused(f"packets at `{interface}` cannot be captured: {error.strerror or error}") from None
    return bytes(kept), full


def _concerns(packet: "Packet", address: str) -> bool:
    from scapy.layers.inet import IP
    from scapy.layers.inet6 import IPv6

    layer = packet.getlayer(IP) or packet.getlayer(IPv6)
    return layer is not None and address in (layer.src, layer.dst)


def _record(packet: "Packet") -> bytes:
    raw, seconds = bytes(packet.original or packet), float(packet.time)
    return pack("<IIII", int(seconds), int(seconds % 1 * 1_000_000), len(raw), len(raw)) + raw
