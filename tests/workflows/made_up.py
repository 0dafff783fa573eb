"""An engine and a zone that answer what a test wrote down, under the names of the real activities."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from engine.model.action import Executor
from engine.model.execution import Finish, IncidentOrder, LeaseOrder, Outcome, Result, Work
from engine.model.harm import Sample
from engine.model.orders import (
    AdvanceIncident,
    AdvanceLease,
    CompareSweep,
    DrainStep,
    ProbeInput,
    ReleasedMany,
    ReleaseMany,
    RemoveInput,
    SweepInput,
    WorkInput,
)
from engine.model.watch import ConnectorHealth, DrainOrder, Released, Sweep, SweepOrder
from tests.patience import PATIENCE_S
from workflows import timeouts
from workflows.worker import control_workers

WORK = Work(
    action="network.block_ip",
    action_version="1",
    connector="sim",
    executor=Executor.SIMULATED,
    target="203.0.113.7",
    params={},
    owner="fl-1",
)
QUEUE = "made-up"


class Engine:
    """Gives each workflow its orders; keeps every step it was asked for."""

    def __init__(self) -> None:
        """Without orders every incident is done and every lease finished."""
        self.incidents: Callable[[AdvanceIncident], IncidentOrder] = lambda step: IncidentOrder(done=True)
        self.leases: Callable[[AdvanceLease], LeaseOrder] = lambda step: LeaseOrder(command=Finish())
        self.lease_takes: Callable[[], float] = lambda: 0
        self.sweeps: Callable[[CompareSweep], SweepOrder] = lambda step: SweepOrder()
        self.drains: Callable[[DrainStep], DrainOrder] = lambda step: DrainOrder()
        self.drained: list[DrainStep] = []
        self.lease_may_go_on = asyncio.Event()
        self.lease_may_go_on.set()
        self.steps: dict[str, list[AdvanceIncident | AdvanceLease | CompareSweep]] = defaultdict(list)

    @asynccontextmanager
    async def at_work(self, client: Client) -> AsyncIterator[None]:
        """Run the workflows over this engine, by the workers that a site has."""
        async with AsyncExitStack() as stack:
            for one in control_workers(client, self, QUEUE):  # type: ignore[arg-type]  # ours by name
                await stack.enter_async_context(one)
            yield

    @activity.defn(name="incident.advance")
    async def advance_incident(self, step: AdvanceIncident) -> IncidentOrder:
        """The next order for this incident."""
        self.steps[step.incident_id].append(step)
        return self.incidents(step)

    @activity.defn(name="lease.advance")
    async def advance_lease(self, step: AdvanceLease) -> LeaseOrder:
        """The next order for this lease."""
        self.steps[step.lease_key].append(step)
        await self.lease_may_go_on.wait()
        order = self.leases(step)
        await asyncio.sleep(self.lease_takes())
        return order

    @activity.defn(name="watch.compare")
    async def compare_sweep(self, step: CompareSweep) -> SweepOrder:
        """What to do about this sweep."""
        self.steps["watch"].append(step)
        return self.sweeps(step)

    @activity.defn(name="watch.drain")
    async def drain_overdue(self, step: DrainStep) -> DrainOrder:
        """What is overdue."""
        self.drained.append(step)
        return self.drains(step)

    def outcomes(self, key: str) -> list[Result | None]:
        """What the steps of a lease were told, in order."""
        steps = [step for step in self.steps[key] if isinstance(step, AdvanceLease)]
        return [None if step.outcome is None else step.outcome.result for step in steps]

    def told(self, key: str) -> list[Outcome]:
        """The outcomes that the steps of a lease were told, with an empty one where there was none."""
        nothing = Outcome(result=Result.ABSENT, at=datetime.now(UTC))
        steps = [step for step in self.steps[key] if isinstance(step, AdvanceLease)]
        return [step.outcome or nothing for step in steps]

    def runs(self, key: str) -> int:
        """Over how many runs the steps of one workflow were spread."""
        return len({step.key.rpartition("/")[0] for step in self.steps[key]})


class Zone:
    """Does what it is told, refuses, or never comes back."""

    def __init__(self) -> None:
        """Everything works."""
        self.fails = self.hangs = False
        self.ahead = timedelta(0)
        self.done: list[str] = []
        self.over = asyncio.Event()

    def worker(self, client: Client) -> Worker:
        """Polls the queue of the connector `sim`."""
        activities: list[Callable[..., object]] = [
            self.apply,
            self.inspect,
            self.release,
            self.release_many,
            self.probe,
            self.sweep,
            self.remove,
        ]
        queue = timeouts.zone_queue("sim")
        return Worker(client, task_queue=queue, activities=activities, build_id="made-up")

    async def _do(self, what: str, result: Result) -> Outcome:
        self.done.append(what)
        if self.hangs:
            await self.over.wait()
        if self.fails:
            raise ApplicationError("out of order")
        return Outcome(result=result, at=datetime.now(UTC))

    @activity.defn(name="effect.apply")
    async def apply(self, order: WorkInput) -> Outcome:
        """Done and read back."""
        return await self._do("apply", Result.VERIFIED)

    @activity.defn(name="effect.inspect")
    async def inspect(self, order: WorkInput) -> Outcome:
        """Nothing is there."""
        return await self._do("inspect", Result.ABSENT)

    @activity.defn(name="effect.release")
    async def release(self, order: WorkInput) -> Outcome:
        """Gone."""
        return await self._do("release", Result.RELEASED)

    @activity.defn(name="effect.release_many")
    async def release_many(self, order: ReleaseMany) -> ReleasedMany:
        """All gone."""
        outcome = await self._do(f"release {len(order.works)}", Result.RELEASED)
        return ReleasedMany(released=tuple(Released(owner=work.owner, outcome=outcome) for work in order.works))

    @activity.defn(name="effect.probe")
    async def probe(self, order: ProbeInput) -> Outcome:
        """All of them passed."""
        outcome = await self._do("probe", Result.PROBED)
        samples = tuple(Sample(probe=probe.id, passed=True) for probe in order.probes)
        return outcome.model_copy(update={"samples": samples})

    @activity.defn(name="connector.sweep")
    async def sweep(self, order: SweepInput) -> Sweep:
        """Nothing stands there."""
        at = datetime.now(UTC) + self.ahead
        self.done.append("sweep")
        health = ConnectorHealth(instance=order.connector, executor=Executor.SIMULATED, healthy=True, seen_at=at)
        return Sweep(health=health, began_at=at)

    @activity.defn(name="connector.remove")
    async def remove(self, order: RemoveInput) -> None:
        """Taken away."""
        self.done.append(f"remove {order.owner}")


def in_turn(*orders: LeaseOrder) -> Callable[[AdvanceLease], LeaseOrder]:
    """These orders, one a step."""
    left = iter(orders)
    return lambda step: next(left)


async def eventually(holds: Callable[[], bool]) -> None:
    """Return once this holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():
            await asyncio.sleep(0.01)


def after(step: AdvanceIncident | AdvanceLease, **span: float) -> datetime:
    """An instant so long after the step."""
    return step.now + timedelta(**span)
