"""The demo's stage: an engine and its Temporal as real processes, started, killed and started again, and the site."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from console.cli.demo.home import environment
from console.cli.demo.telling import Line, Teller
from console.cli.simulation import open_site
from console.client import EngineClient
from console.clock import now
from engine.errors import ServiceAway
from engine.model.base import Json
from engine.settings import Settings, make_private
from workflows.embedded import end_left_behind

T = TypeVar("T")
START_WITHIN_S = 30.0
LOOK_EVERY_S = 0.1


class Stage:
    """One demo's processes, site and story."""

    def __init__(self, settings: Settings, tell: Callable[[Line], None]) -> None:
        """`tell` gets each line of the story as it happens."""
        self._settings, self._tell, self._teller = settings, tell, Teller()
        self._engine: subprocess.Popen[bytes] | None = None
        self._after = -1
        self.entries: list[Json] = []
        self.back_at = now()
        self.alerts = make_private(settings.home / "alerts")
        self.flows_dir = settings.flows_dir
        self.site = open_site(settings)

    def start(self) -> None:
        """Start the engine and wait until it answers."""
        (self._settings.run_dir / "engine.json").unlink(missing_ok=True)
        log = (self._settings.log_dir / "engine.log").open("ab")
        tuned = {"FIRELINE_DRIFT_INTERVAL": "5s", "FIRELINE_CHECKPOINT_EVERY": "5s"}
        command = [sys.executable, "-m", "console.cli.main", "up", "--policy", self._settings.policy, "--site", "demo"]
        self._engine = subprocess.Popen(
            command,
            env=environment(self._settings.home, os.environ) | tuned,
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        log.close()
        deadline = time.monotonic() + START_WITHIN_S
        while not (self._settings.run_dir / "engine.json").exists():
            if self._engine.poll() is not None or time.monotonic() > deadline:
                said = (self._settings.log_dir / "engine.log").read_text(errors="replace")[-600:]
                raise ServiceAway(f"the engine did not start: {said}")
            time.sleep(LOOK_EVERY_S)
        self.back_at = now()

    def kill(self) -> None:
        """kill -9 the engine with its workers, and Temporal with it."""
        record = json.loads((self._settings.run_dir / "temporal.json").read_text())
        assert self._engine is not None
        os.kill(self._engine.pid, signal.SIGKILL)
        os.kill(int(record["process"]["pid"]), signal.SIGKILL)
        self._engine.wait()

    def stop(self) -> None:
        """Stop the engine as Ctrl-C does; leave no Temporal of it behind, whatever went wrong."""
        if self._engine is not None and self._engine.poll() is None:
            self._engine.send_signal(signal.SIGINT)
            try:
                self._engine.wait(15)
            except subprocess.TimeoutExpired:
                self._engine.kill()
                self._engine.wait()
        asyncio.run(end_left_behind(self._settings))

    def client(self, person: str | None = None) -> EngineClient:
        """The engine, for the local administrator or somebody they act for."""
        return EngineClient(self._settings, person)

    def standing(self) -> list[str]:
        """Owner keys of everything of ours that stands at the site."""
        return [*asyncio.run(self.site.owned())]

    def listed(self, name: str, what: str = "", **query: bool) -> list[Json]:
        """One of the engine's lists, where its answer calls it `what`."""
        return self._listed(name, what or name, **query)

    def until(self, happens: Callable[[], T | None], within_s: float) -> T | None:
        """Tell what happens until `happens` gives something; None where it did not in time."""
        deadline = time.monotonic() + within_s
        while True:
            self.tell_news()
            found = happens()
            if found or time.monotonic() > deadline:
                self.tell_news()
                return found
            time.sleep(LOOK_EVERY_S)

    def tell_news(self) -> None:
        """Tell what is new in the ledger."""
        news: list[Json] = []
        while page := self._listed("ledger", "entries", after=self._after):
            self._after = int(str(page[-1]["seq"]))
            news += page
        self.entries += news
        for line in self._teller.lines(news):
            self._tell(line)

    def say(self, verb: str, said: str, incident: str = "") -> None:
        """A line that no ledger entry tells."""
        self._tell(Line(now().astimezone().strftime("%H:%M:%S"), incident, verb, said, bold=True))

    def _listed(self, path: str, name: str, **query: int | bool) -> list[Json]:
        found = self.client().get(f"/{path}", **query)[name]
        assert isinstance(found, list)
        return [item for item in found if isinstance(item, dict)]


def read_alerts(lines: list[str], folder: Path, name: str) -> list[Json]:
    """Alerts as a sensor would have written them, read by the same intake as any others."""
    from detectors.intake.reader import Accepted, read

    file = folder / name
    file.write_text("\n".join(lines) + "\n")
    return [item.finding.model_dump(mode="json") for item in read(file) if isinstance(item, Accepted)]
