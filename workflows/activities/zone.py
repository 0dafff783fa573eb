"""Remote activities of a zone worker: they hold the connectors' credentials, need no database, touch only the world."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

from opentelemetry import trace
from temporalio import activity

from engine.errors import FirelineError, TargetError
from engine.hands import Hands
from engine.model.execution import Outcome, Result, Work
from engine.model.orders import ProbeInput, ReleasedMany, ReleaseMany, RemoveInput, SweepInput, WorkInput
from engine.model.watch import ConnectorHealth, Released, Sweep
from workflows.timeouts import HEARTBEAT_EVERY

T = TypeVar("T")
TOGETHER = 10
"""Releases under way at one connector at the same time, of many that are overdue."""


class ZoneActivities:
    """What leases ask of the world."""

    def __init__(self, hands: Hands, clock: Callable[[], datetime]) -> None:
        """Act through `hands`; `clock` is the zone's own."""
        self._hands, self._clock = hands, clock

    @activity.defn(name="effect.apply")
    async def apply(self, order: WorkInput) -> Outcome:
        """Snapshot, execute and verify under the token."""
        return await _acting("action.apply", order, self._hands.apply(order.work))

    @activity.defn(name="effect.inspect")
    async def inspect(self, order: WorkInput) -> Outcome:
        """Ask the target what was done."""
        return await _acting("action.inspect", order, self._hands.inspect(order.work))

    @activity.defn(name="effect.release")
    async def release(self, order: WorkInput) -> Outcome:
        """Take our own element back."""
        return await _acting("action.release", order, self._hands.release(order.work))

    @activity.defn(name="effect.probe")
    async def probe(self, order: ProbeInput) -> Outcome:
        """Try what has to go on working beside an effect."""
        return await _beating(self._hands.probe(order.work, order.probes))

    @activity.defn(name="effect.release_many")
    async def release_many(self, order: ReleaseMany) -> ReleasedMany:
        """Take many elements of ours back, in their order; one that fails keeps none of the others back."""
        room = asyncio.Semaphore(TOGETHER)

        async def release(work: Work) -> Outcome:
            async with room:
                return await self._hands.release(work)

        words = await _beating(asyncio.gather(*map(release, order.works), return_exceptions=True))
        said = ((work.owner, self._heard(word)) for work, word in zip(order.works, words, strict=True))
        return ReleasedMany(released=tuple(Released(owner=owner, outcome=outcome) for owner, outcome in said))

    def _heard(self, word: Outcome | BaseException) -> Outcome:
        """What became of one among many; a breach or a mistake of ours is its own failure alone."""
        if isinstance(word, Outcome):
            return word
        activity.logger.error("a release failed", exc_info=word)
        message = str(word) if isinstance(word, FirelineError) else f"{type(word).__name__}: {word}"
        return Outcome(result=Result.RELEASE_FAILED, at=self._clock(), message=message)

    @activity.defn(name="connector.sweep")
    async def sweep(self, order: SweepInput) -> Sweep:
        """List every effect of ours at one connector, and say whether it is well."""
        # A worker that dies over it must not blind the watch until the whole time-out is over.
        return await _beating(self._look(order))

    async def _look(self, order: SweepInput) -> Sweep:
        began, executor = self._clock(), self._hands.executor(order.connector)
        try:
            await self._hands.health(order.connector)
            owned = await self._hands.owned(order.connector)
        except TargetError as error:
            sick = ConnectorHealth(
                instance=order.connector, executor=executor, healthy=False, seen_at=began, error=str(error)
            )
            return Sweep(health=sick, began_at=began)
        well = ConnectorHealth(instance=order.connector, executor=executor, healthy=True, seen_at=began)
        return Sweep(health=well, began_at=began, owned=dict(owned))

    @activity.defn(name="connector.remove")
    async def remove(self, order: RemoveInput) -> None:
        """Take away an effect that no lease knows."""
        await _beating(self._hands.remove(order.connector, order.owner))


async def _acting(name: str, order: WorkInput, work: Awaitable[Outcome]) -> Outcome:
    """Await what is done to the world, in a span that says what it was and how it ended."""
    done = order.work
    about = {"fireline.action": done.action, "fireline.connector": done.connector, "fireline.executor": done.executor}
    # The tracer is looked up here: the provider is set once a process has read its settings.
    with trace.get_tracer("fireline").start_as_current_span(name, attributes=about) as span:
        outcome = await _beating(work)
        span.set_attribute("fireline.result", outcome.result)
        return outcome


async def _beating(work: Awaitable[T]) -> T:
    """Await `work`, telling the server all along that this worker lives."""
    heart = asyncio.create_task(_beat())
    try:
        return await work
    finally:
        heart.cancel()


async def _beat() -> None:
    """What is over sooner needs no word: the server counts from the beginning, and each word is a write there."""
    while True:
        await asyncio.sleep(HEARTBEAT_EVERY.total_seconds())
        activity.heartbeat()
