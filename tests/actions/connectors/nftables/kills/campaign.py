"""One campaign on the router: killed under load, and after every kill what stands is held against the leases."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from actions.connectors.nftables.connector import NftablesConnector
from actions.simulators.events import Event, Op
from engine.lifecycle import is_final
from engine.model.lease import Lease, LeaseState
from engine.model.request import RequestState as R
from tests.actions.connectors.nftables.kills.load import Blocks, Promises
from tests.crash.doors import Doors
from tests.crash.judge_record import RecordJudge
from tests.crash.judge_site import SAME_S, SiteJudge
from tests.crash.plant import Plant
from tests.crash.steps import Hit, Kill, Step
from tests.crash.truth import Truth
from tests.crash.verdict import Verdict
from tests.crash.view import LOOK_EVERY_S, View
from tests.patience import PATIENCE_S

ZYGOTE = Path(__file__).parent / "zygote.py"
CHOSEN = (
    Step("lease", "applying", "active"),
    Step("lease", "active", "releasing"),
    Step("lease", "releasing", "released"),
)
AT_RANDOM = 1
"""How often each process is killed at no step in particular."""
MOVING = frozenset(LeaseState) - {LeaseState.ACTIVE, LeaseState.RELEASED, LeaseState.FAILED}
"""Of these a lease alone does not say whether its element stands."""
OVER = frozenset({R.ENDED, R.VETOED, R.WITHDRAWN})

Standing = dict[str, tuple[str, str]]
"""Owner, and its action and target."""


@asynccontextmanager
async def engine_at(home: Path, namespace: str, grace: str) -> AsyncIterator[tuple[Plant, View, Doors]]:
    """An engine whose only connector is the nft of this namespace."""
    with closing(Plant(home, ZYGOTE, namespace, grace)) as plant:
        await plant.start(time.time())
        with closing(View(home / "fireline.db")) as view:
            following = asyncio.create_task(view.follow())
            try:
                yield plant, view, Doors(plant.port, (home / "token").read_text().strip())
            finally:
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following


@dataclass
class Siege:
    """What happens, while it happens."""

    plant: Plant
    view: View
    blocks: Blocks
    firewall: NftablesConnector
    random: Random
    hits: list[tuple[Hit, Step | None]] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    stood: list[int] = field(default_factory=list)
    """How many elements stood at each comparison."""

    async def run(self) -> None:
        """Kill at every chosen step and at random, compare each time, and let all come to its end."""
        wanted = [(kill, step) for kill in Kill for step in (*CHOSEN, *[None] * AT_RANDOM)]
        self.random.shuffle(wanted)
        playing = asyncio.create_task(self.blocks.run())
        try:
            for kill, step in wanted:
                await asyncio.sleep(self.random.uniform(0, 0.5))
                await self._kill(kill, step)
                await self._compare()
            self.blocks.close()
            await playing
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
        settled = await self.view.until(self._settled, PATIENCE_S)
        self.verdict.require(settled, "lost", "something never comes to an end")
        await self._compare()
        await self.plant.stop()

    def judge(self, events: Sequence[Event]) -> Verdict:
        """Everything that was wrong, now that nothing moves any more."""
        self.view.look()
        RecordJudge(self.view, Truth(), self.verdict).judge()
        away = [*self.plant.outages, *self.plant.heart.starved]
        SiteJudge(self.view, Truth(), self.verdict).judge(events, away)
        judge_promises(self.blocks.promises, self.view, events, self.verdict)
        return self.verdict

    def _settled(self) -> bool:
        """Nothing is in force. What people asked for stays an open incident, until they judge it."""
        self.view.look()
        return all(is_final(lease.state) for lease in self.view.leases())

    async def _kill(self, kill: Kill, step: Step | None) -> None:
        hit = await self.plant.strike(kill) if step is None else await self._spring(kill, step)
        self.hits.append((hit, step))
        await self.plant.recover(hit)

    async def _spring(self, kill: Kill, step: Step) -> Hit:
        """The hit of the next commit that takes this step."""
        files = self.plant.files
        before = len(files.sprung())
        files.arm(kill, [step])
        sprung = await self.view.until(lambda: len(files.sprung()) > before, PATIENCE_S)
        assert sprung, f"nothing walked into the trap at {step}: {self.plant.log()}"
        return files.sprung()[-1]

    async def _compare(self) -> None:
        """At the first moment at which no lease moves, exactly what the leases say stands."""
        self.blocks.gate.clear()
        leases, standing = await self._at_rest()
        self.blocks.gate.set()
        said = _in_force(leases)
        self.stood.append(len(standing))
        text = f"after kill {len(self.hits)}: {sorted(said.items() ^ standing.items())} is not in both leases and set"
        self.verdict.require(said == standing, "disagreement", text)

    async def _at_rest(self) -> tuple[list[Lease], Standing]:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            leases = self.view.leases()
            if not any(lease.state in MOVING for lease in leases):
                listed = await self.firewall.owned()
                if leases == self.view.leases():
                    return leases, {owner: (str(told["action"]), str(told["target"])) for owner, told in listed.items()}
            await asyncio.sleep(LOOK_EVERY_S)
        raise AssertionError(f"never at rest after kill {len(self.hits)}: {self.plant.log()}")


def judge_promises(promises: Promises, view: View, events: Sequence[Event], verdict: Verdict) -> None:
    """What people were told came true: asked for, extended, released."""
    known = {request.id: request for request in view.requests()}
    for name in promises.requests:
        request = known.get(name)
        said = f"{request.state}: {request.outcome}" if request else "gone"
        verdict.require(
            request is not None and request.state in OVER,
            "lost",
            f"{name} was accepted and is {said}",
            f"request/{name}",
        )
    gone = {event.owner: event.at.timestamp() for event in events if event.op is Op.RELEASED}
    for lease, until in promises.extended.items():
        early = datetime.fromisoformat(until).timestamp() - gone.get(view.lease(lease).owner, 0.0)
        kept = lease in promises.released or early <= SAME_S
        verdict.require(kept, "lost", f"{lease} went {early:.2f} s before its extended end", f"lease/{lease}")


def _in_force(leases: Iterable[Lease]) -> Standing:
    return {lease.owner: (lease.action, lease.target) for lease in leases if lease.state is LeaseState.ACTIVE}
