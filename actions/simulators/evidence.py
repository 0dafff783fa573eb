"""What can be taken down at the simulated site: made of its journal, its directory and the traffic of its jobs."""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from ipaddress import IPv4Address, ip_address
from struct import pack

from actions.simulators.elements import Elements
from actions.simulators.events import Event, Op
from actions.simulators.ground import Clock
from actions.simulators.world import End, World
from actions.vault import Vault, digest_of
from engine.context.parts import Job
from engine.errors import TargetRefused
from engine.model.evidence import EvidenceKind, Receipt
from engine.target_ports import EvidenceBounds

CAPTURE = "evidence.capture"
ACTIONS = (CAPTURE,)
PCAP_OF_RAW_IP = pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
TCP = 6


class SimulatedEvidence:
    """Takes down what the simulated site holds of a host or an account."""

    def __init__(self, elements: Elements, world: World, vault: Vault, clock: Clock) -> None:
        """`elements` reach the action of `ACTIONS`; `vault` keeps what is taken."""
        self._elements, self._world, self._vault, self._clock = elements, world, vault, clock

    async def require_source(self, wanted: EvidenceBounds) -> None:
        """Raise `TargetRefused` unless there is such a host or account."""
        self._elements.state()
        account = self._world.enabled(wanted.target) is not None
        there = account if wanted.kind is EvidenceKind.ACCOUNT else self._world.has_host(wanted.target)
        if not there and not (account and wanted.kind is EvidenceKind.LOG):
            raise TargetRefused(f"no {wanted.kind} of `{wanted.target}` can be taken at the site")

    async def capture(self, wanted: EvidenceBounds, owner: str) -> Receipt:
        """Take it once under this owner key."""
        content = _TAKEN[wanted.kind](self, wanted)
        kept = content[: wanted.size]
        receipt = Receipt(
            kind=wanted.kind,
            target=wanted.target,
            digest=digest_of(kept),
            size=len(kept),
            truncated=len(kept) < len(content),
            taken_at=self._clock(),
        )
        before = self._elements.handle(owner) and self._vault.receipt(owner)
        if not before:
            self._vault.keep(owner, kept, receipt)
        # Taken, for the site, is what its journal says was taken; what a liar never took is asked for in vain.
        await self._elements.place(CAPTURE, wanted.target, owner, {"digest": receipt.digest}, op=Op.DONE)
        return self._vault.receipt(owner) or receipt

    async def receipt(self, owner: str) -> Receipt | None:
        """What was taken under this owner key."""
        return self._vault.receipt(owner) if self._elements.handle(owner) else None

    async def intact(self, owner: str) -> bool:
        """Whether it is still there, byte for byte."""
        return self._elements.handle(owner) is not None and self._vault.intact(owner)

    def _account(self, wanted: EvidenceBounds) -> bytes:
        found = next(one for one in self._world.file().identities if one.name.lower() == wanted.target.lower())
        sessions = self._elements.state().sessions_of(wanted.target)
        return _lines([{**found.model_dump(mode="json"), "sessions": sessions}])

    def _processes(self, wanted: EvidenceBounds) -> bytes:
        asset = next(one for one in self._world.file().assets if one.name.lower() == wanted.target.lower())
        running = ("init", "sshd", *asset.services)
        return _lines({"pid": number, "name": name} for number, name in enumerate(running, start=1))

    def _log(self, wanted: EvidenceBounds) -> bytes:
        since = self._clock() - timedelta(minutes=wanted.minutes)
        events = (event for event in self._elements.state().events if event.at >= since)
        return _lines([{"log": wanted.target}, *(_line(event) for event in events if event.target == wanted.target)])

    def _packets(self, wanted: EvidenceBounds) -> bytes:
        jobs = (job for job in self._world.file().jobs if wanted.target in (job.source, job.destination))
        packets = (_packet(pair, job.port) for job in jobs for pair in self._pairs(job))
        seconds = int(self._clock().timestamp())
        return PCAP_OF_RAW_IP + b"".join(pack("<IIII", seconds, 0, len(one), len(one)) + one for one in packets)

    def _pairs(self, job: Job) -> Iterable[tuple[IPv4Address, IPv4Address]]:
        for source in _fours(self._world.ends(job.source)):
            yield from ((source, destination) for destination in _fours(self._world.ends(job.destination)))


_TAKEN: Mapping[EvidenceKind, Callable[[SimulatedEvidence, EvidenceBounds], bytes]] = {
    EvidenceKind.ACCOUNT: SimulatedEvidence._account,
    EvidenceKind.PROCESSES: SimulatedEvidence._processes,
    EvidenceKind.LOG: SimulatedEvidence._log,
    EvidenceKind.PACKETS: SimulatedEvidence._packets,
}


def _line(event: Event) -> dict[str, object]:
    return event.model_dump(mode="json", exclude_defaults=True)


def _lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    return "".join(f"{json.dumps(row, sort_keys=True)}\n" for row in rows).encode()


def _fours(ends: Iterable[End]) -> list[IPv4Address]:
    return [address for end in ends if isinstance(address := ip_address(str(end.address)), IPv4Address)]


def _packet(pair: tuple[IPv4Address, IPv4Address], port: int) -> bytes:
    """The first segment of a TCP connection, without checksums."""
    source, destination = pair
    head = pack(">BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, TCP, 0, source.packed, destination.packed)
    return head + pack(">HHIIBBHHH", 49152, port, 0, 0, 0x50, 0x02, 65535, 0, 0)
