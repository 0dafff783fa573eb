"""The workflow of one effect: carry out the engine's commands, one after the other, until it is over."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, TimeoutType
from temporalio.exceptions import TimeoutError as ActivityTimeout

from workflows import timeouts

with workflow.unsafe.imports_passed_through():
    from engine.model.execution import (
        Apply,
        Command,
        Finish,
        Hold,
        Inspect,
        LeaseOrder,
        Outcome,
        Probe,
        Release,
        Result,
    )
    from engine.model.orders import AdvanceLease, LeaseInput, ProbeInput, WorkInput

Touching = Apply | Inspect | Release | Probe
"""What a zone worker does."""


@workflow.defn(name="Lease")
class Lease:
    """Applies, verifies, watches and releases one effect, generation after generation; outlives everyone."""

    def __init__(self) -> None:
        """Nothing has been heard yet."""
        self._nudged = False
        self._steps = 0

    @workflow.signal(name="nudge")
    def nudge(self) -> None:
        """A holder, the expiry or the world changed in the database: look again."""
        self._nudged = True

    @workflow.signal(name="join")
    def join(self) -> None:
        """Another request waits for this effect (its row says which): look again."""
        self._nudged = True

    @workflow.run
    async def run(self, start: LeaseInput) -> None:
        """Step until nobody wants the effect any more."""
        outcome: Outcome | None = None
        while True:
            self._nudged = False
            order = await self._advance(start.key, outcome)
            # A repeated order may be older than the last signal, which this run has already counted as heard.
            self._nudged |= order.repeated
            if isinstance(order.command, Finish) and not self._nudged:
                return
            outcome = await self._carry_out(order.command)
            if outcome is None and workflow.info().get_current_history_length() > start.history_limit:
                workflow.continue_as_new(start.model_copy(update={"run": start.run + 1}))

    async def _advance(self, key: str, outcome: Outcome | None) -> LeaseOrder:
        self._steps += 1
        step_key = f"{key}/{workflow.info().run_id}/{self._steps}"
        step = AdvanceLease(lease_key=key, key=step_key, now=workflow.now(), outcome=outcome)
        order: LeaseOrder = await workflow.execute_local_activity(
            "lease.advance", step, result_type=LeaseOrder, **timeouts.STEP
        )
        return order

    async def _carry_out(self, command: Command) -> Outcome | None:
        match command:
            case Apply():
                return await self._remote("effect.apply", command)
            case Inspect():
                return await self._remote("effect.inspect", command)
            case Release():
                return await self._remote("effect.release", command)
            case Probe():
                return await self._remote("effect.probe", command)
            case Hold():
                await self._hold(command)
                return None
            case Finish():
                return None

    async def _hold(self, command: Hold) -> None:
        seconds = (command.until - workflow.now()).total_seconds()
        if seconds > 0:
            try:
                await workflow.wait_condition(lambda: self._nudged, timeout=seconds)
            except TimeoutError:
                return

    async def _remote(self, activity: str, command: Touching) -> Outcome:
        """Have the zone worker do it once; what a time-out means depends on whether it can have begun."""
        try:
            outcome: Outcome = await workflow.execute_activity(
                activity,
                _input(command),
                result_type=Outcome,
                task_queue=timeouts.zone_queue(command.work.connector),
                schedule_to_close_timeout=_until_its_end(command),
                **(timeouts.LOOK if isinstance(command, Inspect) else timeouts.EFFECT),
            )
            return outcome
        except ActivityError as error:
            return Outcome(result=_meaning(error, command), at=workflow.now(), message=_message(error))


def _input(command: Touching) -> WorkInput | ProbeInput:
    if isinstance(command, Probe):
        return ProbeInput(work=command.work, probes=command.probes)
    return WorkInput(work=command.work)


def _until_its_end(command: Touching) -> timedelta | None:
    """A look ends with the effect that it looks at, whatever the zone does: no release waits for it."""
    if not isinstance(command, Probe) or command.work.expires_at is None:
        return None
    return max(command.work.expires_at - workflow.now(), timeouts.AT_LEAST)


def _meaning(error: ActivityError, command: Touching) -> Result:
    cause = error.cause
    if isinstance(command, Probe):
        return Result.UNPROBED
    if isinstance(cause, ActivityTimeout) and cause.type is TimeoutType.SCHEDULE_TO_START:
        return Result.NOT_BEGUN
    if isinstance(cause, ActivityTimeout) and cause.type is TimeoutType.HEARTBEAT:
        return Result.LOST
    return Result.RELEASE_FAILED if isinstance(command, Release) else Result.UNKNOWN


def _message(error: ActivityError) -> str:
    return str(error.cause or error)
