"""The trap: kills at the exact instant between a commit and its being heard of.

It sits in the store's writer, which answers nobody before its commit is on disk. There, after the commit and before
the first answer, the trap asks the database *through a connection of its own* which steps are now visible. Where a
wanted one is among them it writes them down and sends SIGKILL: to the Temporal server, to its own process, or both.
So a hit is never a guess by time: the step is on disk, and neither its workflow, nor the server, nor whoever posted
the vote has heard of it.
"""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path

from engine.store.chain import Chain
from tests.crash.steps import Hit, Kill, Step
from workflows.embedded import Record

NEW_STEPS = 'SELECT subject, "before", "after" FROM "transition" WHERE seq >= ?'


class TrapFiles:
    """How the harness and the trap in the engine's process speak: two files in the home."""

    def __init__(self, home: Path) -> None:
        """`home` is the engine's; its database and its server's record lie there."""
        self.database = home / "fireline.db"
        self.record = home / "run" / "temporal.json"
        self._order, self._sprung = home / "trap.json", home / "sprung.jsonl"

    def arm(self, kill: Kill, wanted: Iterable[Step]) -> None:
        """Have the next commit of one of these steps be followed by `kill`."""
        draft = self._order.with_suffix(".new")
        draft.write_text(json.dumps({"kill": kill, "wanted": [*wanted]}))
        draft.replace(self._order)

    def disarm(self) -> None:
        """Call it off; it may have sprung just before."""
        self._order.unlink(missing_ok=True)

    def order(self) -> tuple[Kill, frozenset[Step]] | None:
        """What is wanted, None where nothing is."""
        try:
            order = json.loads(self._order.read_text())
        except FileNotFoundError:
            return None
        return Kill(order["kill"]), frozenset(Step(*step) for step in order["wanted"])

    def write(self, kill: Kill, steps: Iterable[Step]) -> None:
        """Note a hit; in the page cache it outlives this process."""
        with self._sprung.open("a") as file:
            file.write(json.dumps({"kill": kill, "at": time.time(), "steps": [*steps]}) + "\n")

    def sprung(self) -> list[Hit]:
        """Every hit so far."""
        lines = self._sprung.read_text().splitlines() if self._sprung.exists() else []
        return [Hit.from_line(line) for line in lines]

    def server(self) -> Record | None:
        """The Temporal server that the engine last started."""
        try:
            return Record.model_validate_json(self.record.read_bytes())
        except FileNotFoundError:
            return None


def kill_server(files: TrapFiles) -> None:
    """SIGKILL to the Temporal server of this home, if it runs."""
    server = files.server()
    if server is not None:
        server.process.signal(signal.SIGKILL)


class Trap(Chain):
    """The ledger's chain, which the writer tells of each commit before it answers anybody."""

    files: TrapFiles
    """Set once, before the store is opened."""

    def commit(self) -> None:
        """Spring where this commit took a wanted step."""
        first = self.tree.size
        super().commit()
        order = self.files.order()
        if order is None:
            return
        kill, wanted = order
        steps = self._committed(first)
        if not wanted.isdisjoint(steps):
            self.files.disarm()
            self.files.write(kill, steps)
            self._strike(kill)

    def _committed(self, first: int) -> list[Step]:
        database = sqlite3.connect(f"file:{self.files.database}?mode=ro", uri=True)
        try:
            rows = database.execute(NEW_STEPS, (first,)).fetchall()
        finally:
            database.close()
        return [Step(subject.partition("/")[0], before, after) for subject, before, after in rows]

    def _strike(self, kill: Kill) -> None:
        if kill is not Kill.WORKER:
            kill_server(self.files)
        if kill is not Kill.SERVER:
            os.kill(os.getpid(), signal.SIGKILL)
