"""Whether the writer goes on: how long it has been at one piece of work by itself.

What the database takes is not counted. One that is away, slow or locked is waited for, and an engine that is started
again would wait for it as well; a piece of work that never ends is ours, and ends with the process alone.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Engine, event


class Turn(NamedTuple):
    """The piece of work under way: since when, later by all that was waited, and since when it waits, if it does."""

    since: float
    asked: float | None = None


class Pulse:
    """The time of the piece of work under way; the writer's thread keeps it, and any thread may ask."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is under way; every statement through `engine` is waited for."""
        self._clock = clock
        # Replaced as a whole, so that who asks from another thread never sees half of a change.
        self._turn: Turn | None = None
        event.listen(engine, "before_cursor_execute", self._ask)
        event.listen(engine, "after_cursor_execute", self._hear)
        event.listen(engine, "handle_error", self._hear)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A piece of work is done in this block."""
        self._turn = Turn(self._clock())
        try:
            yield
        finally:
            self._turn = None

    @property
    def own_s(self) -> float:
        """Seconds that it has taken by itself; 0 where nothing is under way."""
        turn = self._turn
        if turn is None:
            return 0.0
        return (self._clock() if turn.asked is None else turn.asked) - turn.since

    def _ask(self, *_: object) -> None:
        if self._turn is not None:
            self._turn = Turn(self._turn.since, self._clock())

    def _hear(self, *_: object) -> None:
        if self._turn is not None and self._turn.asked is not None:
            self._turn = Turn(self._turn.since + self._clock() - self._turn.asked)
