"""One campaign: the plant under load, killed until every step was hit, left alone at last, and judged."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median

from tests.console.chat.slack.emulator import workspace
from tests.crash.doors import Doors
from tests.crash.judge import judge, timeline
from tests.crash.judge_runs import BLOCKS, inside
from tests.crash.load import STANDERS, Load
from tests.crash.plant import Plant, PlantFailed
from tests.crash.room import Room
from tests.crash.steps import STEPS, Hit, Kill, Step, Table
from tests.crash.troubles import Suffered, Trouble, possible, suffer
from tests.crash.truth import Truth
from tests.crash.verdict import Verdict
from tests.crash.view import View

AT_ONCE = 20
"""Cases going at once, besides those that stand for long."""
IN_FLIGHT = 20
"""Incidents with something left to do before a trap is set, and where a kill is to count."""
COUNT_EVERY_S = 0.2
WANTED_WITHIN_S = 3.0
"""How long a trap waits for a step that is still wanted; then any step will do."""
PATIENT_EVERY = 4
"""One trap in so many waits longer: what is rare takes seconds to come to, and every kill sets it back."""
SPRING_WITHIN_S = 8.0
"""How long a trap stays armed before another kill has its turn."""
RANDOM_EVERY = 8
"""One kill in so many comes at a random instant, not at a commit."""
CALM_EVERY = 25
CALM_S = 5.5
"""After so many kills the plant is left alone for so long, so that what is due can be seen to be on time."""
SETTLE_WITHIN_S = 90.0


@dataclass(frozen=True)
class Aim:
    """When an attack is over."""

    kills: int
    fill: bool
    """Whether it goes on until the table is full."""
    within_s: float
    """It goes on no longer than this."""
    troubles: tuple[Trouble, ...] | None = None
    """What comes in between; everything that there can be, where nothing is said."""


@dataclass
class Campaign:
    """What happened."""

    seed: str
    table: Table
    hits: list[Hit] = field(default_factory=list)
    in_flight: list[int] = field(default_factory=list)
    """How many incidents were, again and again as long as kills went on."""
    at_kills: list[int] = field(default_factory=list)
    """How many were when a kill struck."""
    suffered: list[Suffered] = field(default_factory=list)
    truth: Truth = field(default_factory=Truth)
    verdict: Verdict = field(default_factory=Verdict)
    timelines: list[str] = field(default_factory=list)
    inside: Counter[str] = field(default_factory=Counter)
    """Kills while a branch, a round or an item of a playbook was under way, by the kind of step."""
    settled_in_s: float = 0.0
    starved_s: float = 0.0
    took_s: float = 0.0

    def lines(self) -> list[str]:
        """What was done, and every fault with its timeline."""
        return [
            f"seed {self.seed}: kills {self.kills} ({len(self.hits) - self.kills} more with fewer than {IN_FLIGHT} "
            f"incidents in flight), cases {len(self.truth.cases)}, votes {len(self.truth.votes)}, "
            f"in flight {self.usual_in_flight:.0f} incidents, "
            f"settled in {self.settled_in_s:.0f} s, latest release {self.verdict.latest_s:.1f} s, "
            f"others had the machine for {self.starved_s:.0f} s (as an outage), {self.took_s:.0f} s",
            "suffered: " + ", ".join(f"{kind} {count}" for kind, count in self.troubles.items()),
            "kills inside " + ", ".join(f"{kind} {self.inside[kind]}" for kind in BLOCKS),
            *self.timelines,
        ]

    @property
    def kills(self) -> int:
        """How many count: those that struck under load."""
        return sum(count >= IN_FLIGHT for count in self.at_kills)

    @property
    def troubles(self) -> Counter[Trouble]:
        """How often each was gone through."""
        return Counter(each.trouble for each in self.suffered)

    @property
    def usual_in_flight(self) -> float:
        """The median."""
        return median(self.in_flight or [0])


async def run(home: Path, seed: str, table: Table, aim: Aim) -> Campaign:
    """Attack until the aim is met; then settle and judge."""
    campaign, began = Campaign(seed, table), time.monotonic()
    with workspace() as slack, closing(Plant(home, room=(room := Room(slack)))) as plant:
        await room.enrol(home)
        await plant.start(time.time())
        with closing(View(plant.disk.folder / "fireline.db")) as view:
            await view.until(lambda: view.connectors_seen() > 0, 30)
            random = Random(seed)
            load = Load(
                Doors(plant.port, (home / "token").read_text().strip()), room, view, plant.site, campaign.table, random
            )
            attack = Attack(campaign, plant, room, view, load, random)
            try:
                await attack.under_load(aim)
                await attack.settle()
            except PlantFailed as failure:
                campaign.verdict.add("lost", f"the engine itself: {failure}")
                campaign.timelines.append(f"lost: the engine itself: {failure}")
    campaign.took_s = time.monotonic() - began
    return campaign


@dataclass
class Attack:
    """The campaign while it goes on."""

    campaign: Campaign
    plant: Plant
    room: Room
    view: View
    load: Load
    random: Random
    filling: bool = False
    """Whether kills enough were made, and only what is still wanted counts."""

    async def under_load(self, aim: Aim) -> None:
        """Kill while the load plays, until enough was hit; then let it play to its end."""
        self.load.misbehave()
        following = asyncio.create_task(self.view.follow())
        playing = asyncio.create_task(self.load.run(AT_ONCE))
        try:
            await self.view.until(lambda: self.view.in_flight >= STANDERS + 4, 60)
            counting, deadline = asyncio.create_task(self._count()), time.monotonic() + aim.within_s
            troubles = self._spread(aim)
            try:
                while not self._met(aim) and time.monotonic() < deadline and not playing.done():
                    self.filling = self.campaign.kills >= aim.kills
                    await self._kill_once()
                    if (trouble := troubles.pop(self.campaign.kills, None)) is not None:
                        self.campaign.suffered.append(await suffer(self.plant, trouble, self.random))
            finally:
                counting.cancel()
            self.load.close()
            while not playing.done():
                self.plant.require_alive()
                await asyncio.sleep(COUNT_EVERY_S)
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
        campaign.verdict = judge(self.plant, self.room, self.view, campaign.truth, campaign.suffered)
        campaign.verdict.require(settled, "lost", "something never comes to an end")
        for fault in campaign.verdict.faults:
            story = timeline(fault, self.plant, self.view, campaign.hits, campaign.suffered)
            campaign.timelines += [f"{fault.kind}: {fault.text}", *story]

    def _met(self, aim: Aim) -> bool:
        return self.campaign.kills >= aim.kills and (self.campaign.table.full or not aim.fill)

    def _spread(self, aim: Aim) -> dict[int, Trouble]:
        """After which kill each trouble comes."""
        there = possible(self.plant)
        troubles = [trouble for trouble in there if aim.troubles is None or trouble in aim.troubles]
        self.random.shuffle(troubles)
        return {(n + 1) * aim.kills // (len(troubles) + 1): trouble for n, trouble in enumerate(troubles)}

    async def _count(self) -> None:
        while True:
            self.campaign.in_flight.append(self.view.in_flight)
            await asyncio.sleep(COUNT_EVERY_S)

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
        self.campaign.hits.append(hit)
        self.campaign.at_kills.append(self.view.in_flight)
        if self.view.in_flight >= IN_FLIGHT:
            self.campaign.table.add(hit)
        await self.plant.recover(hit)
        await asyncio.sleep(CALM_S if done % CALM_EVERY == 0 else self.random.uniform(0, 0.4))

    def _choose(self) -> Kill:
        """The kill that lacks most; any, once none does."""
        lacking = {kill: len(self.campaign.table.missing(kill)) for kill in Kill}
        return self.random.choices([*lacking], [count + 0.01 for count in lacking.values()])[0]

    async def _spring(self, kill: Kill) -> Hit | None:
        """Set the trap and wait for it, for a while for what is still wanted; None where nothing walked into it."""
        wanted = self.campaign.table.missing(kill)
        patient = self.filling or self.random.randrange(PATIENT_EVERY) == 0
        if wanted and await self._sprung(kill, wanted, SPRING_WITHIN_S if patient else WANTED_WITHIN_S):
            return self.plant.files.sprung()[-1]
        if not self.filling and await self._sprung(kill, STEPS, SPRING_WITHIN_S):
            return self.plant.files.sprung()[-1]
        self.plant.require_alive()
        return None

    async def _sprung(self, kill: Kill, wanted: Iterable[Step], within_s: float) -> bool:
        files, deadline = self.plant.files, time.monotonic() + within_s
        before = files.written()
        files.arm(kill, wanted)
        while time.monotonic() < deadline and files.written() == before and self.plant.alive():
            await asyncio.sleep(0.01)
        if files.disarm():
            return False
        return await self.view.until(lambda: files.written() > before, SPRING_WITHIN_S)
