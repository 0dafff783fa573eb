"""The steps of the tables, and how often each was hit by which kill."""

import json
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from engine.lifecycle import LEASE, REQUEST, RUN


class Kill(StrEnum):
    """Whose process dies by SIGKILL."""

    WORKER = "worker"
    SERVER = "server"
    BOTH = "both"


class Step(NamedTuple):
    """One step of a table."""

    table: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.table:8}{self.before:>18} -> {self.after}"


VOTED = Step("vote", "none", "cast")
"""Somebody's answer is written, and nobody has heard of it: neither its workflow, nor whoever gave it."""

STEPS: tuple[Step, ...] = (
    *(Step("request", before, after) for before, row in REQUEST.items() for after in sorted(row)),
    *(Step("lease", before, after) for before, row in LEASE.items() for after in sorted(row)),
    *(Step("run", before, after) for before, row in RUN.items() for after in sorted(row)),
    VOTED,
)
"""Every step of a request, of a lease, and of a playbook's run; and a vote."""


class Hit(NamedTuple):
    """One kill that a commit set off: the steps of that commit, of which nobody had heard yet."""

    kill: Kill
    at: float
    steps: tuple[Step, ...]

    @classmethod
    def from_line(cls, line: str) -> "Hit":
        """Read what the trap wrote just before it killed."""
        written = json.loads(line)
        return cls(Kill(written["kill"]), written["at"], tuple(Step(*step) for step in written["steps"]))


def split(each: int) -> dict[Kill, int]:
    """So many hits a step, spread over the kills."""
    return {kill: each // len(Kill) + (number < each % len(Kill)) for number, kill in enumerate(Kill)}


class Table:
    """Hits by step and kill, against how many of each are wanted."""

    def __init__(self, quota: Mapping[Kill, int]) -> None:
        """`quota` says how often each step is to be hit by each kill."""
        self._quota = quota
        self._hits = Counter[tuple[Step, Kill]]()
        self.kills = Counter[Kill]()

    def add(self, hit: Hit) -> None:
        """Count a kill for every step of its commit, once."""
        self.kills[hit.kill] += 1
        self._hits.update((step, hit.kill) for step in {*hit.steps} & {*STEPS})

    def hits(self, step: Step) -> int:
        """How often a step was hit, by whichever kill."""
        return sum(self._hits[step, kill] for kill in Kill)

    def missing(self, kill: Kill) -> frozenset[Step]:
        """The steps that this kill has not hit often enough."""
        return frozenset(step for step in STEPS if self._hits[step, kill] < self._quota[kill])

    def lacking(self, step: Step) -> int:
        """How many hits a step still lacks."""
        return sum(max(0, self._quota[kill] - self._hits[step, kill]) for kill in Kill)

    @property
    def full(self) -> bool:
        """Whether every step was hit as often as wanted by every kill."""
        return not any(self.missing(kill) for kill in Kill)

    def lines(self) -> list[str]:
        """The table as people read it."""
        head = f"{'step':44}" + "".join(f"{kill:>8}" for kill in Kill) + f"{'all':>8}"
        rows = [
            f"{step!s:44}" + "".join(f"{self._hits[step, kill]:8}" for kill in Kill) + f"{self.hits(step):8}"
            for step in STEPS
        ]
        return [head, *rows]
