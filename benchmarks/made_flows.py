"""A made-up site's flows by the million, as one day's columns after the other, and what its people declared of them.

20,000 hosts talk to servers for two weeks: web and names, files and databases, a monitor that polls everybody, nightly
backups, replication, and whoever comes from outside. A function of its seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.context.file import ContextFile
from engine.context.parts import TagRule
from engine.flows.columns import U1, U2, U4, U8, Columns
from engine.model.context import Asset

DAYS = 14
DAY = 86400
FIRST_DAY = 20_700
HOSTS, SERVERS = 20_000, 400
NET = 0x0A140000
"""10.20.0.0/16 and up: servers first, then the others."""
OUTSIDE = 0xC6120000
"""198.18.0.0/15, kept for benchmarks (RFC 2544)."""
BACKUP, MONITOR, RESOLVER = 0, 1, 2
MAPPED = 0xFFFF << 32
COLUMNS = ("source", "destination", "port", "size", "at")
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Raw:
    """One day's flows, one a row; ends are IPv4 addresses."""

    day: int
    source: Numbers
    destination: Numbers
    port: Numbers
    size: Numbers
    at: Numbers

    @property
    def rows(self) -> int:
        """How many flows there are."""
        return len(self.source)


def address(number: int) -> str:
    """A host's address."""
    at = NET + number
    return ".".join(str(at >> shift & 255) for shift in (24, 16, 8, 0))


def site() -> ContextFile:
    """What is declared: the backup, replication, the monitor, and the services with their dependencies."""
    servers = [Asset(name=f"srv-{n}", addresses=(address(n),), owner="server-owners") for n in range(SERVERS)]
    named = [
        servers[n].model_copy(update={"services": (f"service-{n}",), "depends_on": (f"srv-{n + 100}",)})
        if 10 <= n < 110
        else servers[n]
        for n in range(SERVERS)
    ]
    tags = (
        TagRule(tag="backup", peer=address(BACKUP), port=8400, owner="platform-owners"),
        TagRule(tag="monitoring", peer=address(MONITOR), port=9100, owner="platform-owners"),
        TagRule(tag="replication", port=5433, owner="db-owners"),
        TagRule(tag="business", port=5432, owner="orders-owners"),
    )
    return ContextFile(assets=tuple(named), tags=tags)


def days(flows: int, seed: int) -> Iterator[Raw]:
    """The flows, day by day."""
    chance = np.random.default_rng(seed)
    for day in range(FIRST_DAY, FIRST_DAY + DAYS):
        yield _day(day, flows // DAYS, chance)


def _day(day: int, flows: int, chance: np.random.Generator) -> Raw:
    kinds = chance.choice(6, flows, p=(0.45, 0.2, 0.1, 0.05, 0.05, 0.15))
    source = chance.integers(SERVERS, HOSTS, flows)
    server = (chance.pareto(1.2, flows) * 12).astype(np.int64) % SERVERS
    destination = np.select(
        [kinds == 0, kinds == 1, kinds == 2, kinds == 4],
        [OUTSIDE + chance.integers(0, 1 << 14, flows), RESOLVER + NET, source + NET, BACKUP + NET],
        server + NET,
    )
    port = np.array([443, 53, 9100, 5432, 8400, 445])[kinds]
    origin = np.select([kinds == 2, kinds == 4, kinds == 3], [MONITOR, server, chance.integers(10, 60, flows)], source)
    at = day * DAY + chance.integers(0, DAY, flows)
    return Raw(day, origin + NET, destination, port, chance.integers(60, 2_000_000, flows), at)


def columns(raw: Raw) -> Columns:
    """A day's flows as the store takes them, not yet summed up."""
    ends, places = np.unique(np.concatenate([raw.source, raw.destination]), return_inverse=True)
    return Columns(
        day=raw.day,
        high=np.zeros(len(ends), U8),
        low=(ends + MAPPED).astype(U8),
        source=places[: raw.rows].astype(U4),
        destination=places[raw.rows :].astype(U4),
        port=raw.port.astype(U2),
        protocol=np.full(raw.rows, 6, U1),
        count=np.ones(raw.rows, U4),
        size=raw.size.astype(U8),
        first=raw.at.astype(U4),
        last=raw.at.astype(U4),
    )
