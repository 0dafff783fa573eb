"""A real `fireline up` under a home of its own, and commands beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

from actions.simulators.site import Site
from console.cli import main
from console.cli.simulation import open_site
from engine.model.base import Json
from engine.settings import Settings
from tests.patience import PATIENCE_S

T = TypeVar("T")
FIRELINE = ("-c", "from console.cli.main import run; run()")
OURS = ("FIRELINE_", "TEMPORAL_", "OTEL_")


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nobody's settings but these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**inherited, "FIRELINE_HOME": str(home), **more}


def fireline(
    home: Path, *arguments: str, python: str = sys.executable, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, in a process of its own."""
    command = [python, *FIRELINE, *arguments]
    return subprocess.run(command, env=environment(home, **more), capture_output=True, text=True, timeout=PATIENCE_S)


def run_here(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end in this process, which spares a start of python; not one that runs a Worker."""
    words, out, err, mask = ["fireline", *arguments], StringIO(), StringIO(), os.umask(0o022)
    try:
        with (
            patch.dict(os.environ, environment(home), clear=True),
            patch.object(sys, "argv", words),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            main.run()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())
    finally:
        os.umask(mask)
    raise AssertionError("a command ends by leaving")


def until(happens: Callable[[], T | None], what: str) -> T:
    """Look until `happens` gives something."""
    deadline = time.monotonic() + PATIENCE_S
    while not (found := happens()):
        assert time.monotonic() < deadline, f"did not happen in time: {what}"
        time.sleep(0.05)
    return found


class Up:
    """`fireline up` or `fireline worker` as a process."""

    def __init__(self, home: Path, *arguments: str, **more: str) -> None:
        """Start it, and wait for its first line."""
        self.home = home
        home.mkdir(mode=0o700, exist_ok=True)
        with (home.parent / f"{home.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *FIRELINE, *arguments],
                env=environment(home, **more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True,
            )  # fmt: skip
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline().strip()
        assert self.first_line, (home.parent / f"{home.name}.log").read_text()

    def interrupt(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode

    def kill(self) -> None:
        """kill -9, and Temporal with it."""
        record = json.loads((self.home / "run" / "temporal.json").read_text())
        self.process.kill()
        os.kill(int(record["process"]["pid"]), signal.SIGKILL)
        self.process.communicate(timeout=PATIENCE_S)

    def ask(self, *arguments: str) -> Json:
        """A command's JSON."""
        done = run_here(self.home, *arguments, "--json")
        assert done.returncode == 0, done.stderr
        answer: Json = json.loads(done.stdout)
        return answer

    def listed(self, *command: str) -> list[Json]:
        """The items of a list, by the command's name."""
        found = self.ask(*command)[command[0]]
        assert isinstance(found, list)
        return [item for item in found if isinstance(item, dict)]

    def leases_in(self, state: str) -> list[Json]:
        """Every lease that is in this state."""
        return [lease for lease in self.listed("leases", "list") if lease["state"] == state]

    @property
    def site(self) -> Site:
        """The site this engine acts on."""
        return open_site(Settings(home=self.home, site="demo"))
