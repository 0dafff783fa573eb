"""The embedded Temporal server: started, watched and stopped by the one engine that owns this home.

Rules: 1. Loopback only, on ports of ours. 2. One engine a home, by a lock that dies with its process. 3. The server
runs in a session of its own, so that Ctrl-C reaches us first and we can finish what we are doing. 4. Only a process
that is known to be ours is ever reused or stopped (`workflows.own_process`). 5. It sees none of our environment's
secrets.

It is not tied to our life (PR_SET_PDEATHSIG): that fires when the *thread* that started it ends, needs code between
fork and exec, and would turn every crash of ours into one of the server. What a killed engine leaves behind is idle,
and the next start adopts it.
"""

import asyncio
import os
import subprocess
import time
from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import ValidationError

from engine.errors import EngineBug, ServiceAway
from engine.model.base import Model
from engine.settings import Settings
from workflows.home_files import HomeLock, ServerLog
from workflows.own_process import LOOK_EVERY, OwnProcess, identify
from workflows.temporal_server import Ports, PortTaken, command_line, find_binary, free_ports, serves

START_TRIES = 4
"""How often a start is tried, each time on fresh ports, before its death is taken for more than bad luck."""
START_WITHIN = 30.0
"""Seconds until it must answer; a third of one is usual."""
STOP_WITHIN = 5.0
ATTEMPTS = 8
"""Restarts in a row, each after twice the time of the one before, until we give up."""
FIRST_PAUSE = 0.1
RECORD = "temporal.json"
_PASSED_ON = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")


class DiedAtStart(ServiceAway):
    """The server ended before it served; the next one, on other ports, may well live."""


class Record(Model):
    """What `run/temporal.json` says: which process, and where it serves."""

    process: OwnProcess
    ports: Ports
    namespace: str


class EmbeddedTemporal:
    """One server under one home: `start`, keep `watch` running beside the work, and `stop`."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is started yet."""
        self._settings = settings
        self._record_file = settings.run_dir / RECORD
        self._log = ServerLog(settings.log_dir / "temporal.log")
        self._lock = HomeLock(settings.run_dir / "temporal.lock")
        self._changing = asyncio.Lock()
        self._stopping = False
        self._address = ""
        self._child: subprocess.Popen[bytes] | None = None
        self._record: Record | None = None

    @property
    def address(self) -> str:
        """Where clients connect; the same after every restart."""
        if not self._address:
            raise EngineBug("the embedded Temporal server was asked for before its start")
        return self._address

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._record.process.pid if self._record else None

    async def start(self) -> str:
        """Start the server, or take over the one a killed engine left, and return its address.

        Raises `ServiceAway` if the binary is missing, a port is taken, another engine runs, or it does not come up.
        """
        self._settings.make_directories()
        async with AsyncExitStack() as undo:
            self._lock.take()
            undo.callback(self._lock.release)
            undo.push_async_callback(self._end)
            left = self._left_behind()
            record = (await self._adopt(left) if left else None) or await self._launch_on_free_ports(left)
            undo.pop_all()
        self._address = record.ports.address
        return self._address

    async def watch(self) -> None:
        """Start the server again on the same port whenever it dies; returns after `stop`.

        Raises `ServiceAway` where it cannot be brought up again.
        """
        while not self._stopping:
            async with self._changing:
                if self._record is not None and not self._lives(self._record):
                    await self._relaunch(self._record.ports.grpc)
            await asyncio.sleep(LOOK_EVERY)

    async def stop(self) -> None:
        """End our server, and no other; done twice it equals once."""
        self._stopping = True
        async with self._changing:
            await self._end()
        self._lock.release()

    def _left_behind(self) -> Record | None:
        """What an engine that was killed wrote down."""
        return _recorded(self._record_file)

    async def _adopt(self, left: Record) -> Record | None:
        """Take over a server of ours that serves as it would be started now; end it if it does not."""
        if not left.process.is_running():
            return None
        self._record = left
        wanted = self._settings.temporal_port or left.ports.grpc
        if (
            left.process.command == " ".join(self._command(left.ports))
            and left.ports.grpc == wanted
            and await self._answers(left)
        ):
            return left
        await self._end()
        return None

    async def _answers(self, record: Record) -> bool:
        return await serves(record.ports.address, record.namespace)

    async def _launch_on_free_ports(self, left: Record | None) -> Record:
        """On the port asked for; else where clients of the last server still look for it; else on any.

        A free port may be taken before the server gets it: it then says so, or only panics. The ports that nobody asked
        for are others each time.
        """
        asked = self._settings.temporal_port
        for grpc in (asked or (left.ports.grpc if left else 0), *[asked] * (START_TRIES - 1)):
            try:
                return await self._launch(free_ports(grpc))
            except (PortTaken, DiedAtStart) as error:
                failure = error
        raise failure

    async def _relaunch(self, grpc: int) -> Record:
        pause = FIRST_PAUSE
        for _ in range(ATTEMPTS):
            try:
                return await self._launch(free_ports(grpc))
            except ServiceAway as error:
                failure = error
            await asyncio.sleep(pause)
            pause *= 2
        raise ServiceAway(f"the embedded Temporal server cannot be brought up again: {failure}") from failure

    async def _launch(self, ports: Ports) -> Record:
        command = self._command(ports)
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        with self._log.open() as log:
            self._child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, start_new_session=True
            )
        process = identify(self._child.pid)
        if process is None:
            raise await self._died()
        # Not the command line just seen: between fork and exec there is none.
        process = process.model_copy(update={"command": " ".join(command)})
        record = Record(process=process, ports=ports, namespace=self._settings.temporal_namespace)
        self._remember(record)
        await self._until_it_serves(record)
        return record

    async def _until_it_serves(self, record: Record) -> None:
        deadline = time.monotonic() + START_WITHIN
        while not await self._answers(record):
            if not self._lives(record):
                raise await self._died()
            if time.monotonic() > deadline:
                await self._end()
                raise ServiceAway(f"the embedded Temporal server did not answer in {START_WITHIN:g} s: see {self._log}")
            await asyncio.sleep(LOOK_EVERY)

    async def _died(self) -> ServiceAway:
        code = self._child.poll() if self._child else None
        await self._end()
        said = self._log.said()
        kind = PortTaken if "address already in use" in said else DiedAtStart
        return kind(f"the embedded Temporal server died at its start (exit code {code}): {said}: see {self._log}")

    def _lives(self, record: Record) -> bool:
        # Our own child is asked through its handle, which also buries it.
        return self._child.poll() is None if self._child else record.process.is_running()

    async def _end(self) -> None:
        record, child = self._record, self._child
        if record is not None:
            await record.process.end(STOP_WITHIN)
        if child is not None:
            # It is gone already; this buries it.
            child.wait(STOP_WITHIN)
        self._record_file.unlink(missing_ok=True)
        self._record = self._child = None

    def _command(self, ports: Ports) -> tuple[str, ...]:
        database = self._settings.temporal_dir / "temporal.db"
        return command_line(find_binary(), ports, database, self._settings.temporal_namespace)

    def _remember(self, record: Record) -> None:
        self._record = record
        draft = self._record_file.with_suffix(".new")
        draft.write_text(record.model_dump_json())
        draft.replace(self._record_file)


async def end_left_behind(settings: Settings) -> None:
    """End the server that a killed engine left under a home that nobody starts again (a demo, a test, a benchmark)."""
    record_file = settings.run_dir / RECORD
    left = _recorded(record_file)
    if left is not None:
        await left.process.end(STOP_WITHIN)
        record_file.unlink(missing_ok=True)


def _recorded(record_file: Path) -> Record | None:
    """What is written down; nonsense counts as nothing."""
    try:
        return Record.model_validate_json(record_file.read_bytes())
    except (OSError, ValidationError):
        return None
