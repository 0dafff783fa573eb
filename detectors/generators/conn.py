"""Made-up Zeek conn logs of the simulated site: its nightly backups, and what else goes on there.

A function of its arguments: no clock, no other randomness. The names and addresses are those of the simulated site.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

HEADER = (
    "#separator \\x09",
    "#path\tconn",
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tduration\torig_bytes\tresp_bytes\tconn_state",
)
BACKUP_PORT = 8400


def nightly(until: datetime, nights: int, source: str, destination: str, seed: int = 1) -> list[str]:
    """A host's backups of the last nights, the latest begun twice, among its everyday traffic; a log by its times."""
    chance = Random(f"nightly/{seed}")
    found: list[tuple[float, str]] = []
    for night in range(nights):
        at = until - timedelta(days=night, minutes=chance.uniform(20, 50))
        size = chance.randint(190, 230) * 10**9
        found.append(_conn(at, source, destination, BACKUP_PORT, 1500, size, chance))
        found += _everyday(at, source, chance)
    found.append(_conn(until - timedelta(minutes=90), source, destination, BACKUP_PORT, 20, 10**9, chance))
    return [*HEADER, *(line for _, line in sorted(found))]


def _everyday(at: datetime, source: str, chance: Random) -> Iterator[tuple[float, str]]:
    """Names, time and the web: nobody declared what it serves."""
    for port, destination in ((53, "10.20.1.53"), (443, "192.0.2.80"), (123, "192.0.2.123")):
        when = at - timedelta(minutes=chance.uniform(1, 600))
        yield _conn(when, source, destination, port, 1, chance.randint(80, 90_000), chance)


def _conn(
    at: datetime, source: str, destination: str, port: int, seconds: int, size: int, chance: Random
) -> tuple[float, str]:
    began = at.timestamp() - seconds
    protocol = "udp" if port in (53, 123) else "tcp"
    local = chance.randint(32768, 60999)
    ends = f"{source}\t{local}\t{destination}\t{port}\t{protocol}"
    return began, f"{began:.6f}\tC{chance.getrandbits(60):x}\t{ends}\t{seconds:.1f}\t{size}\t{size // 900}\tSF"
