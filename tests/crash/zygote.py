"""Forks engines: a process that has imported everything and started nothing, so that a restart takes half a second.

`python zygote.py HOME PORT`; each line on stdin is answered by the process id of a fresh engine, and the end of stdin
ends everything it started. The engine runs what `fireline up` runs; of its own it has the trap, the playbooks of the
load, a site of many hosts, and a second instead of a minute in which a denial may be taken back.
"""

import asyncio
import dataclasses
import os
import signal
import sys
import traceback
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from console import host
from console.api.build import build
from console.cli import assembly, zone
from console.host import Parts, running
from engine.settings import Settings, load
from engine.store import store
from tests.crash.losses import losing_worker, shifted_clock
from tests.crash.trap import Trap, TrapFiles, kill_server

IMPORTED_LATE = ("actions.registry", "actions.simulators.context", "actions.simulators.site", "policies.checks")
"""What the engine imports only once it runs; here before the fork."""
HERE = Path(__file__).parent
RETRACTION = timedelta(seconds=1)


def settings_of(home: Path, port: int) -> Settings:
    """An engine's settings for these tests: what takes minutes takes seconds."""
    return load(
        {
            "home": home,
            "policy": str(HERE / "policy.yaml"),
            "site": str(home / "site.yaml"),
            "api_port": port,
            "correlation_window": "4s",
            "drift_interval": "1s",
            "checkpoint_every": "2s",
        }
    )


def assemble(settings: Settings) -> Parts:
    """What `fireline up` puts together, with the load's playbooks."""
    parts = assembly.assemble(settings, HERE / "playbooks")
    return dataclasses.replace(parts, desk=dataclasses.replace(parts.desk, retraction=RETRACTION))


async def serve(settings: Settings) -> None:
    """Serve until told to stop."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(settings, assemble(settings), build):
        await stop.wait()


def engine(settings: Settings) -> NoReturn:
    """What the forked process does; it never comes back."""
    code = 1
    try:
        plant_in(TrapFiles(settings.home))
        asyncio.run(serve(settings))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        # Not by the interpreter's way out, on which a process that ran a Worker may die.
        os._exit(code)


def plant_in(files: TrapFiles) -> None:
    """What this engine has that no other has."""
    Trap.files = files
    vars(store)["Chain"] = Trap
    vars(host)["zone_worker"] = losing_worker(files)
    for module in (assembly, zone):
        vars(module)["now"] = shifted_clock(files)


def fork(settings: Settings) -> int:
    """A new engine; the old one is gone."""
    pid = os.fork()
    if pid == 0:
        os.close(0)
        log = os.open(TrapFiles(settings.home).log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        engine(settings)
    return pid


def main(settings: Settings) -> None:
    """Fork when told to."""
    settings.make_directories()
    for module in IMPORTED_LATE:
        import_module(module)
    pid = 0
    for _ in sys.stdin:
        if pid:
            os.waitpid(pid, 0)
        pid = fork(settings)
        print(pid, flush=True)
    if pid:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    kill_server(TrapFiles(settings.home))


if __name__ == "__main__":
    main(settings_of(Path(sys.argv[1]), int(sys.argv[2])))
