"""Where every call to the simulated site passes, and where switched-on faults strike."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from actions.simulators.events import Op
from actions.simulators.faults import ANY_ACTION, ActiveFault, FaultKind
from actions.simulators.ground import Ground
from engine.errors import TargetRefused, TargetUnavailable

Sleep = Callable[[float], Awaitable[None]]


class Gate:
    """Switches faults on and off, in the journal, so that they hold in every process; and lets them strike."""

    def __init__(self, ground: Ground, sleep: Sleep = asyncio.sleep) -> None:
        """`sleep` is how a slow site passes the time."""
        self._ground = ground
        self._sleep = sleep

    def switch_on(
        self, kind: FaultKind, action: str = ANY_ACTION, *, times: int | None = None, delay: timedelta = timedelta()
    ) -> None:
        """Let `kind` happen to the next `times` calls of `action`, or until it is cleared."""
        fault = ActiveFault(kind=kind, action=action, left=times, delay=delay)
        with self._ground.changing() as change:
            change.record(Op.FAULT_SET, fault.name, details=fault.model_dump(mode="json"))

    def clear(self) -> None:
        """Switch every fault off."""
        with self._ground.changing() as change:
            for name in [*change.state.faults]:
                change.record(Op.FAULT_CLEARED, name)

    def active(self) -> Sequence[ActiveFault]:
        """The faults that are on."""
        return [*self._ground.state().faults.values()]

    def require_answer(self, actions: Sequence[str]) -> None:
        """Raise `TargetUnavailable` if the system behind these actions is away."""
        if self._strikes(FaultKind.UNREACHABLE, actions):
            raise TargetUnavailable("the site does not answer")

    async def before_execute(self, action: str) -> None:
        """What may go wrong before anything is changed; raises `TargetError`."""
        if fault := self._strikes(FaultKind.SLOW, [action]):
            await self._sleep(fault.delay.total_seconds())
        if self._strikes(FaultKind.REFUSE, [action]):
            raise TargetRefused(f"the site refuses `{action}`")

    def lies(self, action: str) -> bool:
        """Whether this execution is to be answered, but not done."""
        return self._strikes(FaultKind.LIE, [action]) is not None

    def after_execute(self, action: str) -> None:
        """What may go wrong once it is done; raises `TargetUnavailable`."""
        if self._strikes(FaultKind.APPLY_BUT_TIME_OUT, [action]):
            raise TargetUnavailable(f"the site did not answer `{action}` in time")

    def before_release(self, action: str, owner: str) -> None:
        """What may go wrong before our element is taken back; raises `TargetRefused`."""
        if self._strikes(FaultKind.RELEASE_FAILS, [action], owner):
            raise TargetRefused(f"the site refuses to release `{action}`")

    def lies_about_release(self, action: str, owner: str) -> bool:
        """Whether this release is to be answered, but not done."""
        return self._strikes(FaultKind.RELEASE_LIES, [action], owner) is not None

    def splits(self, action: str) -> bool:
        """Whether of several targets only some are to be done."""
        return self._strikes(FaultKind.PARTLY, [action]) is not None

    def delays(self, action: str) -> bool:
        """Whether this execution is to arrive later."""
        return self._strikes(FaultKind.LATE, [action]) is not None

    def arrive(self) -> None:
        """Let whatever was delayed be done now, as the target does it: once under each owner key."""
        with self._ground.changing() as change:
            for wanted in [*change.state.delayed.values()]:
                placed = {"owner": wanted.owner, "action": wanted.action, "details": wanted.details}
                change.record(Op.ARRIVED, wanted.target, **placed)  # type: ignore[arg-type]

    def _strikes(self, kind: FaultKind, actions: Sequence[str], owner: str = "") -> ActiveFault | None:
        names = [f"{kind}:{action}" for action in (*actions, ANY_ACTION)]
        if not self._ground.state().faults.keys() & names:
            return None
        with self._ground.changing() as change:
            fault = next((fault for name in names if (fault := change.state.faults.get(name))), None)
            if fault and fault.left is not None:
                change.record(Op.FAULT_STRUCK, fault.name, owner=owner)
            return fault
