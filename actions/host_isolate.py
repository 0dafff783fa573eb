"""Cut one host off from everything but what is spared, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from pydantic import JsonValue

from actions.fields import HostName, Spares
from actions.ports import Ports
from engine.displacing import Displaces
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.model.base import Json
from engine.ports import Action
from engine.target_ports import ISOLATED_GROUP, HostControl

GROUP = "group"


class IsolateParams(Params):
    """Which host to isolate, and which flows of its peers go on."""

    target: HostName
    spare: Spares = ()

    def union(self, other: Params) -> Params | None:
        """Spared is what both spare."""
        if not isinstance(other, IsolateParams) or other.target != self.target:
            return None
        return self.model_copy(update={"spare": tuple(flow for flow in self.spare if flow in other.spare)})


class Isolate(Action[IsolateParams], Displaces[IsolateParams]):
    """Isolate a host; released by lifting our own isolation, and putting it back into the group it was in."""

    spec = ActionSpec(
        id="host.isolate",
        summary="isolate a host from the network",
        params=IsolateParams,
        target=TargetKind.HOST,
        impact=Impact.HIGH,
        d3fend="D3-NI",
        mitigations=("M1030", "M1035"),
    )

    def __init__(self, hosts: HostControl) -> None:
        """Isolate through this host control."""
        self._hosts = hosts

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it controls hosts."""
        return cls(ports.hosts) if ports.hosts else None

    async def validate(self, params: IsolateParams) -> None:
        """Refuse a host that is not there."""
        await self._hosts.require_host(params.target)

    async def snapshot(self, params: IsolateParams) -> Snapshot:
        """Who isolates it already, and which of its ports are closed."""
        state = await self._hosts.state(params.target)
        return Snapshot(present=bool(state.get("isolated_by")), state=state)

    async def execute(self, params: IsolateParams, key: str, expires_at: datetime | None) -> Undo:
        """Isolate it once, however often this is retried under `key`."""
        return Undo(handle=await self._hosts.isolate(params.target, key, params.spare))

    async def inspect(self, params: IsolateParams, key: str) -> Undo | None:
        """Our isolation, if it stands."""
        handle = await self._hosts.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: IsolateParams, key: str) -> bool:
        """Read back whether our isolation is in effect."""
        isolating = (await self._hosts.state(params.target)).get("isolated_by")
        return isinstance(isolating, list) and key in isolating

    async def release(self, params: IsolateParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Lift our isolation only; somebody else's stays, so what stood before stands again."""
        await self._hosts.lift(key)

    def left(self, params: IsolateParams) -> Json:
        """The host is in the group of those that are isolated."""
        return {GROUP: ISOLATED_GROUP}

    async def settings(self, params: IsolateParams) -> Json:
        """The group it is in."""
        return {GROUP: await self._hosts.group(params.target)}

    async def remembered(self, params: IsolateParams, key: str) -> Json:
        """The group it was in, as the host control remembers it."""
        was = await self._hosts.group_before(key)
        return {} if was is None else {GROUP: was}

    async def give_back(self, params: IsolateParams, setting: str, value: JsonValue, expected: JsonValue) -> None:
        """Put it back into its group."""
        await self._hosts.regroup(params.target, str(value), str(expected))
