"""The plant under test: one home, its engine and its Temporal server, and when both of them answered."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from actions.simulators.site import Site
from console import first_run
from console.clock import now
from engine.context.file import load as load_context
from tests.crash.disk import Disk
from tests.crash.ground import site_text
from tests.crash.machine import Machine
from tests.crash.room import Room
from tests.crash.steps import Hit, Kill
from tests.crash.trap import TrapFiles, kill_server
from tests.crash.verdict import Span
from tests.patience import PATIENCE_S
from tests.ports import free_port
from workflows.own_process import OwnProcess, identify
from workflows.temporal_server import serves

OURS = ("FIRELINE_", "TEMPORAL_", "OTEL_")
ROOT = Path(__file__).parent.parent.parent
LOOK_EVERY_S = 0.02
ZYGOTE = Path(__file__).parent / "zygote.py"
BEAT_S = 0.5


class PlantFailed(Exception):
    """The engine ended by itself, or did not come up."""


@dataclass
class Heart:
    """Beats in a thread, to know when the machine had no time for us."""

    starved: list[Span] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def beat(self, ours: Callable[[], Iterable[int]]) -> None:
        """Note every stretch in which others than these processes had the machine."""
        machine = Machine()
        while not self.over.wait(BEAT_S):
            if (span := machine.look(ours())) is not None:
                self.starved.append(span)

    @property
    def starved_s(self) -> float:
        """How long that was in all."""
        return sum(span.end - span.start for span in self.starved)


class Plant:
    """Starts, kills and starts again."""

    def __init__(self, home: Path, zygote: Path = ZYGOTE, *more: str, room: Room | None = None) -> None:
        """Lay out a fresh home; no engine runs yet, only what forks them, which may be told more."""
        self.home, self.files, self.port = home, TrapFiles(home), free_port()
        self.files.folder.mkdir(mode=0o700, parents=True)
        self.disk = Disk(home, self.files.folder / "disk")
        first_run.init(home, "demo")
        # Written by `init` for people who start by hand; here the settings are given.
        (home / "fireline.yaml").unlink()
        (home / "site.yaml").write_text(site_text())
        # The world is not on the engine's disk.
        (self.files.folder / "site").mkdir(mode=0o700)
        (home / "site").symlink_to(self.files.folder / "site")
        self.site = Site(home / "site", load_context(home / "site.yaml"), now, instance="sim")
        self.outages: list[Span] = []
        self.heart = Heart()
        self.pid = 0
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        self._zygote = subprocess.Popen(
            [sys.executable, str(zygote), str(self.home), str(self.port), *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=ROOT,
            env=kept | {"PYTHONPATH": str(ROOT)} | (room.environment if room else {}),
            # Ctrl-C reaches us first, and the end of its stdin then ends it with everything it started.
            start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self.heart.beat, args=(self.processes,), daemon=True).start()

    def processes(self) -> list[int]:
        """Ourselves, what forks engines, the engine, its server."""
        server = self.files.server()
        return [os.getpid(), self._zygote.pid, self.pid, *([server.process.pid] if server else [])]

    def close(self) -> None:
        """End everything, whatever state it is in."""
        self.heart.over.set()
        self._zygote.communicate(timeout=PATIENCE_S)
        self.disk.close()

    async def start(self, since: float) -> None:
        """Start an engine and wait until it answers; `since` is when the last one stopped answering."""
        await self._fork()
        deadline = time.monotonic() + PATIENCE_S
        while not self._announced():
            if identify(self.pid) is None or time.monotonic() > deadline:
                raise PlantFailed(f"the engine did not come up: {self.log()}")
            await asyncio.sleep(LOOK_EVERY_S)
        self.outages.append(Span(since, time.time()))

    async def _fork(self) -> None:
        assert self._zygote.stdin is not None and self._zygote.stdout is not None
        self._zygote.stdin.write("\n")
        self.pid = int(await asyncio.to_thread(self._zygote.stdout.readline))

    async def start_read_only(self) -> None:
        """Kill everything, start on a disk that takes no writes, which has to fail, and start as ever."""
        hit = await self.strike(Kill.BOTH)
        await self._until_gone()
        self.disk.seal()
        try:
            await self._fork()
            await self._until_gone()
        finally:
            self.disk.unseal()
        await self.start(hit.at)

    async def _until_gone(self) -> None:
        deadline, server = time.monotonic() + PATIENCE_S, self.files.server()
        while self.alive() or (server is not None and server.process.is_running()):
            if time.monotonic() > deadline:
                raise PlantFailed(f"the engine does not end: {self.log()}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def pause(self, whose: Kill, for_s: float) -> None:
        """Stop processes for a while; they go on by a timer of its own, for what they have locked may stop us too."""
        server, engine = self.files.server(), identify(self.pid)
        stopped = [engine] if engine is not None and whose is not Kill.SERVER else []
        stopped += [server.process] if server is not None and whose is not Kill.WORKER else []
        timer = threading.Timer(for_s, _go_on, [stopped])
        for process in stopped:
            process.signal(signal.SIGSTOP)
        timer.start()
        await asyncio.to_thread(timer.join)

    async def until_well(self, since: float) -> None:
        """Wait until engine, database and Temporal answer; the time since then was an outage."""
        deadline = time.monotonic() + PATIENCE_S
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=2) as http:
            while not await _is_well(http):
                self.require_alive()
                if time.monotonic() > deadline:
                    raise PlantFailed(f"the engine does not become well again: {self.log()}")
                await asyncio.sleep(LOOK_EVERY_S)
        self.outages.append(Span(since, time.time()))

    async def strike(self, kill: Kill) -> Hit:
        """Kill right now, whatever is under way."""
        hit = Hit(kill, time.time(), ())
        if kill is not Kill.WORKER:
            kill_server(self.files)
        if kill is not Kill.SERVER:
            os.kill(self.pid, signal.SIGKILL)
        return hit

    async def recover(self, hit: Hit) -> None:
        """Have everything answer again after this kill."""
        if hit.kill is Kill.SERVER:
            await self._until_server_answers(hit.at)
        else:
            while identify(self.pid) is not None:
                await asyncio.sleep(0.001)
            await self.start(hit.at)

    async def stop(self) -> None:
        """Stop the engine as Ctrl-C does, and its server with it."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_S
        while identify(self.pid) is not None and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_EVERY_S)

    def alive(self) -> bool:
        """Whether the engine runs."""
        return identify(self.pid) is not None

    def require_alive(self) -> None:
        """Raise `PlantFailed` where the engine ended though nobody killed it."""
        if not self.alive():
            raise PlantFailed(f"the engine ended by itself: {self.log()}")

    def log(self) -> str:
        """The end of what the engines wrote."""
        return self.files.log.read_text(errors="replace")[-3000:]

    def _announced(self) -> bool:
        try:
            written = json.loads((self.home / "run" / "engine.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        return bool(written["pid"] == self.pid)

    async def _until_server_answers(self, since: float) -> None:
        dead = self.files.server()
        while (server := self.files.server()) is None or not await serves(server.ports.address, server.namespace):
            if time.time() - since > PATIENCE_S:
                raise PlantFailed(f"the server did not come up again after {dead}: {self.log()}")
            self.require_alive()
            await asyncio.sleep(LOOK_EVERY_S)
        self.outages.append(Span(since, time.time()))


def _go_on(stopped: Iterable[OwnProcess]) -> None:
    for process in stopped:
        process.signal(signal.SIGCONT)


async def _is_well(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/healthz")).is_success
    except httpx.TransportError:
        return False
