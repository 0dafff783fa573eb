"""A long attack: campaign after campaign, each in a fresh home, all towards one table of steps and kills."""

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from statistics import median

from tests.crash.campaign import IN_FLIGHT, Aim, Campaign, run
from tests.crash.steps import STEPS, Table

A_ROUND = 200
"""Kills in one home at the most, so that neither its databases nor our memory grow without end."""
WITHIN_S = 6.0
"""Seconds a kill may take on average before a round gives up."""
TO_FILL_S = 300.0
"""How much longer the last round may take for steps that are still wanted."""


@dataclass(frozen=True)
class Round:
    """One campaign of many; the seed of each plays its choices again."""

    seed: str
    kills: int
    last: bool


def rounds(seed: str, kills: int) -> Iterator[Round]:
    """The kills in as few rounds as there can be, all of about one size."""
    count = max(1, -(-kills // A_ROUND))
    for number in range(count):
        last = number + 1 == count
        share = kills * (number + 1) // count - kills * number // count
        yield Round(seed if count == 1 else f"{seed}.{number + 1}", share, last)


@dataclass
class Attacked:
    """What came of it so far."""

    seed: str
    wanted: int
    """Kills."""
    table: Table
    began: float = field(default_factory=time.monotonic)
    campaigns: int = 0
    kills: int = 0
    besides: int = 0
    """Those at which too little was in flight to count."""
    troubles: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    in_flight: list[int] = field(default_factory=list)
    latest_s: float = 0.0

    async def play(self, homes: Path) -> AsyncIterator[Campaign]:
        """Every round, one after the other; a home goes with its round."""
        for each in rounds(self.seed, self.wanted):
            home = homes / each.seed
            within_s = each.kills * WITHIN_S + each.last * TO_FILL_S
            campaign = await run(home, each.seed, self.table, Aim(each.kills, each.last, within_s))
            self.take(campaign)
            for folder in (home, home.with_name(f"{home.name}-orders")):
                rmtree(folder)
            yield campaign

    def take(self, campaign: Campaign) -> None:
        """Add one round."""
        self.campaigns += 1
        self.kills += campaign.kills
        self.besides += len(campaign.hits) - campaign.kills
        self.troubles.update(campaign.troubles)
        self.faults.update(fault.kind for fault in campaign.verdict.faults)
        self.in_flight += campaign.in_flight
        self.latest_s = max(self.latest_s, campaign.verdict.latest_s)

    @property
    def clean(self) -> bool:
        """Whether there were as many kills as wanted, at every step as many as wanted, and nothing is wrong."""
        return self.kills >= self.wanted and self.table.full and not self.faults

    def lines(self) -> list[str]:
        """The table, and the whole in one last line."""
        covered = [self.table.hits(step) for step in STEPS]
        return [
            *self.table.lines(),
            "suffered besides: " + ", ".join(f"{kind} {count}" for kind, count in sorted(self.troubles.items())),
            f"in flight: {median(self.in_flight or [0]):.0f} incidents, at least {IN_FLIGHT} at each kill that counts "
            f"({self.besides} do not); latest release {self.latest_s:.1f} s; rounds {self.campaigns}",
            f"seed {self.seed}: kills {self.kills}, transitions covered {sum(map(bool, covered))} of {len(STEPS)} "
            f"(each at least {min(covered)} times), lost {self.faults['lost']}, doubled {self.faults['doubled']}, "
            f"late {self.faults['late']}, disagreements {self.faults['disagreement']}, "
            f"{time.monotonic() - self.began:.0f} s",
        ]
