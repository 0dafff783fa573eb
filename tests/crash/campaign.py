"""One campaign: the plant under load, killed until every step was hit, left alone at last, and judged."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from tests.crash.judge import judge, timeline
from tests.crash.judge_runs import BLOCKS, inside
from tests.crash.load import Doors, Load
from tests.crash.plant import Plant
from tests.crash.steps import STEPS, Hit, Kill, Table
from tests.crash.truth import Truth
from tests.crash.verdict import Verdict
from tests.crash.view import View

AT_ONCE = 30
"""Cases going at once."""
IN_FLIGHT = 14
"""Incidents with something left to do before a trap is set."""
SPRING_WITHIN_S = 8.0
"""How long a trap stays armed before another kill has its turn."""
RANDOM_EVERY = 8
"""One kill in so many comes at a random instant, not at a commit."""
CALM_EVERY = 12
CALM_S = 5.5
"""After so many kills the plant is left alone for so long, so that what is due can be seen to be on time."""
SETTLE_WITHIN_S = 90.0


@dataclass
class Campaign:
    """What happened."""

    seed: int
    table: Table
    hits: list[Hit] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)
    """How many incidents were, at each kill."""
    truth: Truth = field(default_factory=Truth)
    verdict: Verdict = field(default_factory=Verdict)
    timelines: list[str] = field(default_factory=list)
    inside: Counter[str] = field(default_factory=Counter)
    """Kills while a branch, a round or an item of a playbook was under way, by the kind of step."""
    settled_in_s: float = 0.0
    starved_s: float = 0.0
    took_s: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether every step was hit as often as wanted, and nothing is wrong."""
        return self.table.full and not self.verdict.faults

    @property
    def usual_in_flight(self) -> float:
        """The median: a few kills meet fewer, since some end between the setting of a trap and its spring."""
        return median(self.in_flight or [0])

    def lines(self) -> list[str]:
        """The table, every fault with its timeline, and the whole in one last line."""
        count = self.verdict.count
        covered = sum(self.table.hits(step) > 0 for step in STEPS)
        return [
            *self.table.lines(),
            f"cases {len(self.truth.cases)}, votes {len(self.truth.votes)}, at a kill {self.usual_in_flight:.0f} "
            f"incidents in flight (at least {min(self.in_flight, default=0)}), "
            f"settled in {self.settled_in_s:.0f} s, latest release {self.verdict.latest_s:.1f} s",
            "kills inside " + ", ".join(f"{kind} {self.inside[kind]}" for kind in BLOCKS),
            f"others had the machine for {self.starved_s:.0f} s, which count as an outage",
            *self.timelines,
            f"seed {self.seed}: kills {len(self.hits)}, transitions covered {covered} of {len(STEPS)}, "
            f"lost {count('lost')}, doubled {count('doubled')}, late {count('late')}, "
            f"disagreements {count('disagreement')}, {self.took_s:.0f} s",
        ]


async def run(home: Path, seed: int, quota: Mapping[Kill, int], kills: int, within_s: float) -> Campaign:
    """Kill until every step has been hit as often as `quota` says, at least `kills` times; then settle and judge."""
    campaign, began = Campaign(seed, Table(quota)), time.monotonic()
    with closing(Plant(home)) as plant:
        await plant.start(time.time())
        with closing(View(home / "fireline.db")) as view:
            await view.until(lambda: view.connectors_seen() > 0, 30)
            random = Random(seed)
            load = Load(
                Doors(plant.port, (home / "token").read_text().strip()), view, plant.site, campaign.table, random
            )
            attack = Attack(campaign, plant, view, load, random)
            await attack.under_load(kills, began + within_s)
            await attack.settle()
    campaign.took_s = time.monotonic() - began
    return campaign


@dataclass
class Attack:
    """The campaign while it goes on."""

    campaign: Campaign
    plant: Plant
    view: View
    load: Load
    random: Random

    async def under_load(self, kills: int, deadline: float) -> None:
        """Kill while the load plays, until enough was hit; then let it play to its end."""
        self.load.misbehave()
        following = asyncio.create_task(self.view.follow())
        playing = asyncio.create_task(self.load.run(AT_ONCE))
        try:
            await self.view.until(lambda: self.view.in_flight >= AT_ONCE // 2, 60)
            while time.monotonic() < deadline and not self._enough(kills) and not playing.done():
                await self._kill_once()
            self.load.close()
            await playing
        finally:
            for task in (following, playing):
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def settle(self) -> None:
        """Leave it alone until nothing is left to do, stop it, and judge."""
        campaign, began = self.campaign, time.monotonic()
        settled = await self.view.until(lambda: self.view.settled, SETTLE_WITHIN_S)
        campaign.settled_in_s = time.monotonic() - began
        self.plant.require_alive()
        await self.plant.stop()
        self.view.look()
        campaign.truth, campaign.starved_s = self.load.truth, self.plant.heart.starved_s
        campaign.inside = inside(self.view.visits(), [hit.at for hit in campaign.hits])
        campaign.verdict = judge(self.plant, self.view, campaign.truth)
        campaign.verdict.require(settled, "lost", "something never comes to an end")
        for fault in campaign.verdict.faults:
            story = timeline(fault, self.plant, self.view, campaign.hits)
            campaign.timelines += [f"{fault.kind}: {fault.text}", *story]

    def _enough(self, kills: int) -> bool:
        return self.campaign.table.full and len(self.campaign.hits) >= kills

    async def _kill_once(self) -> None:
        await self.view.until(lambda: self.view.in_flight >= IN_FLIGHT, SPRING_WITHIN_S)
        done = len(self.campaign.hits) + 1
        kill = self._choose()
        if done % RANDOM_EVERY == 0:
            await asyncio.sleep(self.random.uniform(0, 1))
            hit: Hit | None = await self.plant.strike(kill)
        else:
            hit = await self._spring(kill)
        if hit is None:
            return
        self.campaign.in_flight.append(self.view.in_flight)
        self.campaign.hits.append(hit)
        self.campaign.table.add(hit)
        await self.plant.recover(hit)
        await asyncio.sleep(CALM_S if done % CALM_EVERY == 0 else self.random.uniform(0, 0.4))

    def _choose(self) -> Kill:
        """The kill that lacks most; any, once none does."""
        lacking = {kill: len(self.campaign.table.missing(kill)) for kill in Kill}
        return self.random.choices([*lacking], [count + 0.01 for count in lacking.values()])[0]

    async def _spring(self, kill: Kill) -> Hit | None:
        """Set the trap and wait for it; None where nothing walked into it."""
        files = self.plant.files
        before = len(files.sprung())
        files.arm(kill, self.campaign.table.missing(kill) or STEPS)
        deadline = time.monotonic() + SPRING_WITHIN_S
        while time.monotonic() < deadline and len(files.sprung()) == before and self.plant.alive():
            await asyncio.sleep(0.01)
        files.disarm()
        # It may be springing this very moment.
        await asyncio.sleep(0.02)
        if len(files.sprung()) > before:
            return files.sprung()[-1]
        self.plant.require_alive()
        return None
