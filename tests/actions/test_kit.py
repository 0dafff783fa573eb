"""The conformance kit has teeth: an action that is broken in one way breaks the law about it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest
from pydantic import JsonValue

from actions.conformance import doing, faults, late, restoring, secrets
from actions.conformance.simulated import SimulatedCase
from actions.host_isolate import Isolate, IsolateParams
from actions.network_block_ip import BlockIp, BlockIpParams
from actions.simulators.site import Site
from engine.conformance import Law, Verdict, judge
from engine.errors import TargetError, TargetUnavailable
from engine.model.action import Snapshot, Undo
from engine.model.base import Json

SECRET = "correct horse battery staple"
SUITES = (doing.EVERY, doing.LASTING, faults.FAULTS, faults.LASTING_FAULTS, late.LATE)
# A law over any case is one over this.
LAWS: list[Law[SimulatedCase]] = [law for suite in SUITES for law in suite]  # type: ignore[misc]


async def blocked(site: Site) -> bool:
    return not site.probe.reachable("files-02", "203.0.113.44")


async def isolated(site: Site) -> bool:
    return not site.probe.reachable("files-02", "web-01", 443)


class Forgets(BlockIp):
    """Says released and takes nothing back."""

    async def release(self, params: BlockIpParams, key: str, undo: Undo | None, before: Snapshot | None) -> None:
        return None


class Trusts(BlockIp):
    """Believes whatever it was told."""

    async def verify(self, params: BlockIpParams, key: str) -> bool:
        return True


class Repeats(BlockIp):
    """Does it anew at every try."""

    async def execute(self, params: BlockIpParams, key: str, expires_at: datetime | None) -> Undo:
        return await super().execute(params, f"{key}-{id(object()):x}", expires_at)


class Blind(BlockIp):
    """Cannot be asked what it did."""

    async def inspect(self, params: BlockIpParams, key: str) -> Undo | None:
        return None


class Greedy(BlockIp):
    """Takes what stands there for its own."""

    async def verify(self, params: BlockIpParams, key: str) -> bool:
        return await self._firewall.blocks(params.target)


class Swallows(BlockIp):
    """Takes silence for success."""

    async def execute(self, params: BlockIpParams, key: str, expires_at: datetime | None) -> Undo:
        try:
            return await super().execute(params, key, expires_at)
        except TargetError:
            return Undo(handle=key)


class Eager(BlockIp):
    """Acts when it is only to look."""

    async def validate(self, params: BlockIpParams) -> None:
        await self._firewall.block(params.target, "fl-early", None)


BROKEN: dict[type[BlockIp], str] = {
    Forgets: "released everything is as before",
    Trusts: "a lie about success is found out and nothing remains",
    Repeats: "executing twice under one key equals once",
    Blind: "done without an answer is unknown until asked",
    Greedy: "somebody elses effect is not taken for ours",
    Swallows: "a refusal leaves nothing",
    Eager: "looking changes nothing",
}


async def verdicts(folder: Path, kind: type[BlockIp]) -> tuple[Verdict, ...]:
    folders = (folder / str(number) for number in range(len(LAWS)))

    def fresh() -> SimulatedCase:
        return SimulatedCase(next(folders), kind, blocked, through="network.block_ip", target="203.0.113.44")

    return await judge(LAWS, fresh)


@pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
async def test_what_is_broken_is_noticed(kind: type[BlockIp], tmp_path: Path) -> None:
    assert BROKEN[kind] in [verdict.law for verdict in await verdicts(tmp_path, kind) if not verdict.kept]


async def test_what_ships_keeps_them_all(tmp_path: Path) -> None:
    assert [verdict for verdict in await verdicts(tmp_path, BlockIp) if not verdict.kept] == []


class Overwrites(Isolate):
    """Takes back what it displaced, whatever somebody made of it meanwhile."""

    async def give_back(self, params: IsolateParams, setting: str, value: JsonValue, expected: JsonValue) -> None:
        await super().give_back(params, setting, value, await self._hosts.group(params.target))


class Hoards(Isolate):
    """Says that it gave back what it keeps."""

    async def give_back(self, params: IsolateParams, setting: str, value: JsonValue, expected: JsonValue) -> None:
        return None


class Hides(Isolate):
    """Speaks of another setting than it sets."""

    async def settings(self, params: IsolateParams) -> Json:
        return {"owner": await self._hosts.group(params.target)}


class Oblivious(Isolate):
    """Does not remember what it displaced."""

    async def remembered(self, params: IsolateParams, key: str) -> Json:
        return {}


@pytest.mark.parametrize(
    ("kind", "law"),
    [
        (Oblivious, "what it displaced is remembered beside our element"),
        (Overwrites, "what changed since people looked is told again"),
        (Hoards, "what it displaced is given back"),
        (Hides, "what it displaced is given back"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_what_gives_back_wrongly_is_noticed(kind: type[Isolate], law: str, tmp_path: Path) -> None:
    folders = (tmp_path / str(number) for number in count())

    def fresh() -> SimulatedCase:
        return SimulatedCase(next(folders), kind, isolated, through="host.isolate", target="files-02")

    assert law in [verdict.law for verdict in await judge(restoring.RESTORING, fresh) if not verdict.kept]


class Babbles(BlockIp):
    """Puts what it signs in with into its errors."""

    async def inspect(self, params: BlockIpParams, key: str) -> Undo | None:
        try:
            return await super().inspect(params, key)
        except TargetUnavailable:
            raise TargetUnavailable(f"login as fireline:{SECRET} failed") from None


class Keyed(SimulatedCase):
    """A case whose connector has a password."""

    secrets: Sequence[str] = ("unused", SECRET)


@pytest.mark.parametrize(("kind", "told"), [(BlockIp, ""), (Babbles, "of its secrets it tells the 2.")])
async def test_a_secret_that_leaves_is_noticed(kind: type[BlockIp], told: str, tmp_path: Path) -> None:
    case = Keyed(tmp_path, kind, blocked, through="network.block_ip", target="203.0.113.44")
    [verdict] = await judge(secrets.SECRETS, lambda: case)
    assert verdict.message == told
