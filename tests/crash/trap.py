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
from enum import StrEnum
from pathlib import Path

from engine.store.chain import Chain
from tests.crash.steps import Hit, Kill, Step
from workflows.embedded import Record

NEW_STEPS = """
    SELECT subject, "before", "after" FROM "transition" WHERE seq >= :first
    UNION ALL SELECT 'vote', 'none', 'cast' FROM entry
    WHERE seq >= :first AND json_extract(data, '$.kind') = 'vote.cast'
"""


class Loss(StrEnum):
    """What becomes of an activity's result on its way."""

    DROPPED = "dropped"
    DELAYED = "delayed"
    DUPLICATED = "duplicated"


class TrapFiles:
    """How the harness and what it planted in the engine's process speak: files beside the home, whose disk may fail."""

    def __init__(self, home: Path) -> None:
        """`home` is the engine's; its database and its server's record lie there."""
        self.database = home / "fireline.db"
        self.record = home / "run" / "temporal.json"
        self.folder = home.with_name(f"{home.name}-orders")
        self.log = self.folder / "engine.log"
        self._order, self._sprung = self.folder / "trap.json", self.folder / "sprung.jsonl"
        self._loss, self._shift = self.folder / "loss", self.folder / "shift"

    def arm(self, kill: Kill, wanted: Iterable[Step]) -> None:
        """Have the next commit of one of these steps be followed by `kill`."""
        _write(self._order, json.dumps({"kill": kill, "wanted": [*wanted]}))

    def disarm(self) -> bool:
        """Call it off; False where there is nothing to call off any more, for it springs, or has sprung."""
        try:
            self._order.unlink()
        except FileNotFoundError:
            return False
        return True

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

    def written(self) -> int:
        """How much was noted so far, in bytes; grows with every hit."""
        return self._sprung.stat().st_size if self._sprung.exists() else 0

    def lose(self, how: Loss | None) -> None:
        """Have results of effects lost like this, or no more."""
        _write(self._loss, how or "")

    def loss(self) -> Loss | None:
        """How results are to be lost now."""
        said = _read(self._loss)
        return Loss(said) if said else None

    def shift(self, seconds: float) -> None:
        """Put the engine's clock so far from the right time."""
        _write(self._shift, str(seconds))

    def shifted(self) -> float:
        """How far it is to be off."""
        return float(_read(self._shift) or 0)

    def server(self) -> Record | None:
        """The Temporal server that the engine last started."""
        try:
            return Record.model_validate_json(self.record.read_bytes())
        except FileNotFoundError:
            return None


def _write(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


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
        # INVARIANT: of this and the harness that calls it off, one alone gets hold of the order.
        if not wanted.isdisjoint(steps) and self.files.disarm():
            self.files.write(kill, steps)
            self._strike(kill)

    def _committed(self, first: int) -> list[Step]:
        database = sqlite3.connect(f"file:{self.files.database}?mode=ro", uri=True)
        try:
            rows = database.execute(NEW_STEPS, {"first": first}).fetchall()
        finally:
            database.close()
        return [Step(subject.partition("/")[0], before, after) for subject, before, after in rows]

    def _strike(self, kill: Kill) -> None:
        if kill is not Kill.WORKER:
            kill_server(self.files)
        if kill is not Kill.SERVER:
            os.kill(os.getpid(), signal.SIGKILL)
