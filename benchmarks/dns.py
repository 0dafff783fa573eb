"""Packets a second of the DNS detector on a made-up 30 MB capture, beside other readers in the same run.

    python benchmarks/dns.py [--json] [--rounds 5] [--megabytes 30]

One process, imports excluded; rounds alternate, so that a busy machine slows all alike, and the median counts. tshark
and ndpiReader are processes of their own, so their start is in their time. The bar: the whole detector is at least as
fast as scapy's RawPcapReader with struct alone, which reads the same eight bytes and judges nothing.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from struct import unpack_from

import numpy as np
from scapy.utils import RawPcapReader

from detectors.dns.autoencoder import HeaderModel, load_model
from detectors.dns.detector import Scan
from detectors.dns.messages import Extractor
from detectors.dns.reading import read_capture
from detectors.generators import captures as made
from detectors.generators.captures import Captured, Ends
from detectors.generators.dns import Rng, clean

BASE = "RawPcapReader+struct"
SIZES, SHARES = (0, 40, 120, 400, 900, 1400), (0.3, 0.15, 0.1, 0.1, 0.1, 0.25)
"""Payloads of traffic other than DNS, and how common each is: acknowledgements, small talk, full segments."""

DNS_OVER_UDP, DNS_OVER_TCP = 0.3, 0.02
ETHERNET_HEADER, SHORTEST_DNS = 14, 8


def make_capture(rng: Rng, size: int) -> tuple[bytes, int]:
    """A capture of about `size` bytes, and its number of packets."""
    headers = clean(rng, 20_000).headers
    packets: list[Captured] = []
    total = 0
    while total < size:
        packet = made.ethernet(_packet(rng, headers[len(packets) % len(headers)].tobytes()))
        packets.append(Captured(1_700_000_000_000_000_000 + len(packets) * 50_000, packet))
        total += len(packet) + 16
    return made.pcap(packets), len(packets)


def _packet(rng: Rng, header: bytes) -> bytes:
    kind = rng.random()
    client = f"10.{rng.integers(256)}.{rng.integers(256)}.{rng.integers(1, 255)}"
    ends = Ends(client, int(rng.integers(1024, 65536)), "192.0.2.53", 53)
    message = header + bytes(4) + bytes(int(rng.integers(20, 300)))
    if kind < DNS_OVER_UDP:
        return made.udp(ends, message)
    if kind < DNS_OVER_UDP + DNS_OVER_TCP:
        return made.tcp(ends, int(rng.integers(1 << 32)), made.prefixed(message))
    web = Ends(client, ends.source_port, "198.51.100.80", 443)
    return made.tcp(web, int(rng.integers(1 << 32)), bytes(int(rng.choice(SIZES, p=SHARES))))


def raw_reader(path: Path) -> int:
    """scapy's fastest reader, and struct for ports and the eight bytes; no reassembly, no judgement."""
    found = 0
    for packet, _ in RawPcapReader(str(path)):
        transport = ETHERNET_HEADER + (packet[ETHERNET_HEADER] & 15) * 4
        source, destination = unpack_from(">HH", packet, transport)
        if 53 in (source, destination):
            payload = transport + (8 if packet[23] == made.UDP else (packet[transport + 12] >> 4) * 4 + 2)
            if len(packet) >= payload + SHORTEST_DNS:
                unpack_from(">4H", packet, payload)
                found += 1
    return found


def extraction(path: Path) -> int:
    """Our reading alone: every message's pattern."""
    extractor = Extractor()
    return sum(len(extractor.messages(batch)) for batch in read_capture(path)) + len(extractor.finish())


def detection(model: HeaderModel, path: Path) -> int:
    """The whole detector, findings built."""
    scan = Scan(model)
    list(scan.read(path))
    return scan.summary.dns_messages


def program(*command: str) -> Callable[[Path], int]:
    """Another program over the capture; it counts for itself, so nothing is compared."""

    def run(path: Path) -> int:
        subprocess.run([*command, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return -1

    return run


def contestants(model: HeaderModel) -> Mapping[str, Callable[[Path], int]]:
    """Everybody who is installed."""
    found: dict[str, Callable[[Path], int]] = {
        BASE: raw_reader,
        "extraction": extraction,
        "detector": lambda path: detection(model, path),
    }
    if tshark := shutil.which("tshark"):
        found["tshark"] = program(tshark, "-Y", "dns", "-T", "fields", "-e", "dns.id", "-r")
    if ndpi := shutil.which("ndpiReader"):
        found["ndpiReader"] = program(ndpi, "-q", "-i")
    return found


def measure(path: Path, packets: int, rounds: int) -> dict[str, float]:
    """Median packets a second of each, rounds alternating; the readers in this process must agree on the messages."""
    seconds: dict[str, list[float]] = {}
    counts: set[int] = set()
    running = contestants(load_model())
    for _ in range(rounds):
        for name, run in running.items():
            began = time.perf_counter()
            counts.add(run(path))
            seconds.setdefault(name, []).append(time.perf_counter() - began)
    if len(counts - {-1}) != 1:
        raise SystemExit(f"the readers disagree on the number of messages: {sorted(counts)}")
    return {name: packets / statistics.median(times) for name, times in seconds.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Packets a second of the DNS detector beside other readers.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=30)
    asked = parser.parse_args()
    content, packets = make_capture(np.random.default_rng(53), asked.megabytes * 1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up.pcap"
        path.write_bytes(content)
        speeds = measure(path, packets, asked.rounds)
    ratios = {name: speed / speeds[BASE] for name, speed in speeds.items()}
    held = ratios["detector"] >= 1.0
    if asked.json:
        print(
            json.dumps({"bytes": len(content), "packets": packets, "per_second": speeds, "ratio": ratios, "bar": held})
        )
        return
    print(f"{len(content):,} bytes, {packets:,} packets, median of {asked.rounds} rounds")
    for name, speed in speeds.items():
        print(f"{name:22}{speed:12,.0f} packets/s {ratios[name]:7.2f} x {BASE}")
    print(f"bar: detector at least as fast as {BASE}: {'held' if held else 'MISSED'}")


if __name__ == "__main__":
    main()
