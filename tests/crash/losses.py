"""In the worker under test: results of the zone's activities that come late, twice or never, and a clock that jumps."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from temporalio import activity, client, worker
from temporalio.client import Client
from temporalio.service import RPCError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Worker

from tests.crash.trap import Loss, TrapFiles
from workflows.activities.zone import ZoneActivities
from workflows.worker import zone_worker

LATE_S = (0.5, 1.5, 4.0)
"""Within the heartbeat timeout, at its edge, and beyond it: that result comes when nobody waits for it any more."""
NEVER_S = 35.0
"""Beyond the longest timeout."""


class Losing(client.Interceptor, worker.Interceptor):
    """Of the results of effects every second one is lost, while that is ordered."""

    def __init__(self, files: TrapFiles) -> None:
        """`files` is where orders come from."""
        self.files, self.count = files, 0

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Stand between the worker and its activities."""
        return LosingInbound(next, self)


class LosingInbound(ActivityInboundInterceptor):
    """Around one activity."""

    def __init__(self, next: ActivityInboundInterceptor, losing: Losing) -> None:
        """`losing` counts for all of them."""
        super().__init__(next)
        self._losing = losing

    async def execute_activity(self, input: ExecuteActivityInput) -> object:
        """Do it, and then see whether anybody hears of it."""
        result: object = await super().execute_activity(input)
        how = self._losing.files.loss() if activity.info().activity_type.startswith("effect.") else None
        if how is None:
            return result
        self._losing.count += 1
        if self._losing.count % 2:
            await self._lose(how, input, result)
        return result

    async def _lose(self, how: Loss, input: ExecuteActivityInput, result: object) -> None:
        match how:
            case Loss.DROPPED:
                await asyncio.sleep(NEVER_S)
            case Loss.DELAYED:
                await asyncio.sleep(LATE_S[self._losing.count // 2 % len(LATE_S)])
            case Loss.DUPLICATED:
                # The order came twice and is carried out twice, and its result is told twice.
                await super().execute_activity(input)
                await _tell(result)


async def _tell(result: object) -> None:
    try:
        await activity.client().get_async_activity_handle(task_token=activity.info().task_token).complete(result)
    except RPCError as refusal:
        activity.logger.warning("the second result was refused: %s", refusal.message)


def losing_worker(files: TrapFiles) -> Callable[[Client, str, ZoneActivities], Worker]:
    """A zone worker as it is, but for its results."""

    def build(plain: Client, connector: str, activities: ZoneActivities) -> Worker:
        config = plain.config()
        config["interceptors"] = [*config["interceptors"], Losing(files)]
        return zone_worker(Client(**config), connector, activities)

    return build


def shifted_clock(files: TrapFiles) -> Callable[[], datetime]:
    """The engine's clock and its zone's, as far off as is ordered; the site's own stays right."""

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=files.shifted())

    return now
