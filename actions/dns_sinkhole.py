"""Leave a domain, and every name under it, without an answer from our resolver, for as long as its lease runs."""

from datetime import datetime
from typing import Self

from pydantic import JsonValue

from actions.fields import Domain
from actions.ports import Ports
from engine.displacing import Displaces
from engine.model.action import ActionSpec, Impact, Params, Snapshot, TargetKind, Undo
from engine.model.base import Json
from engine.ports import Action
from engine.target_ports import NO_ANSWER, Resolver

ANSWER = "answer"


class SinkholeParams(Params):
    """Which domain."""

    target: Domain


class Sinkhole(Action[SinkholeParams], Displaces[SinkholeParams]):
    """Deny a domain at the resolver; released by removing our own element, and having it say again what it said."""

    spec = ActionSpec(
        id="dns.sinkhole",
        summary="leave a domain without an answer at the resolver",
        params=SinkholeParams,
        target=TargetKind.DOMAIN,
        impact=Impact.LOW,
        d3fend="D3-DNSDL",
        mitigations=("M1021", "M1037"),
    )

    def __init__(self, resolver: Resolver) -> None:
        """Deny at this resolver."""
        self._resolver = resolver

    @classmethod
    def over(cls, ports: Ports) -> Self | None:
        """The action on this connector, if it has a resolver."""
        return cls(ports.resolver) if ports.resolver else None

    async def validate(self, params: SinkholeParams) -> None:
        """Refuse a domain that the resolver has to answer itself."""
        await self._resolver.require_domain(params.target)

    async def snapshot(self, params: SinkholeParams) -> Snapshot:
        """Whether somebody denies it already."""
        return Snapshot(present=await self._resolver.sinkholed(params.target))

    async def execute(self, params: SinkholeParams, key: str, expires_at: datetime | None) -> Undo:
        """Add our element once, however often this is retried under `key`."""
        return Undo(handle=await self._resolver.sinkhole(params.target, key))

    async def inspect(self, params: SinkholeParams, key: str) -> Undo | None:
        """Our element, if it stands."""
        handle = await self._resolver.element(key)
        return Undo(handle=handle) if handle else None

    async def verify(self, params: SinkholeParams, key: str) -> bool:
        """Read back from the resolver whether our element denies the domain."""
        return await self._resolver.sinkholed(params.target, key)

    async def release(self, params: SinkholeParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        """Remove our element only; what somebody else denies stays denied."""
        await self._resolver.restore(key)

    def left(self, params: SinkholeParams) -> Json:
        """The resolver says nothing of it."""
        return {ANSWER: NO_ANSWER}

    async def settings(self, params: SinkholeParams) -> Json:
        """What the resolver says of it by itself."""
        return {ANSWER: await self._resolver.answer(params.target)}

    async def remembered(self, params: SinkholeParams, key: str) -> Json:
        """What the resolver said of it, as that remembers it."""
        was = await self._resolver.answer_before(key)
        return {} if was is None else {ANSWER: was}

    async def give_back(self, params: SinkholeParams, setting: str, value: JsonValue, expected: JsonValue) -> None:
        """Have it say this again."""
        await self._resolver.answer_again(params.target, str(value), str(expected))
