"""The simulated site's state under its journal: what every port of the site reads and changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from actions.simulators.events import Event, Op, event_journal
from actions.simulators.journal import Append
from actions.simulators.state import Element, State
from engine.model.base import Json

Clock = Callable[[], datetime]


class Change:
    """The state while everyone else is kept out; what is recorded has happened at once."""

    def __init__(self, state: State, append: Append, clock: Clock) -> None:
        """Made by `Ground.changing` only."""
        self.state = state
        self._append = append
        self._clock = clock

    def record(self, op: Op, target: str, *, owner: str = "", action: str = "", details: Json | None = None) -> None:
        """Let this happen now."""
        event = Event(at=self._clock(), op=op, owner=owner, action=action, target=target, details=details or {})
        self._append(event.model_dump_json(exclude_defaults=True).encode())

    def remove(self, op: Op, element: Element) -> None:
        """Let an element of ours go, by us or by somebody else."""
        self.record(op, element.target, owner=element.owner, action=element.action)


class Ground:
    """One site in one directory; any number of these may share it, in any number of processes."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        """The journal is `site.jsonl` in `directory`; `clock` dates what this process does."""
        self._clock = clock
        self._state = State()
        self._journal = event_journal(directory / "site.jsonl", self._state.fold)

    def state(self) -> State:
        """The site as it stands now; read it before the next `await`."""
        self._journal.refresh()
        return self._state

    @contextmanager
    def changing(self) -> Iterator[Change]:
        """Compare and set: nobody else changes the site until this is left."""
        with self._journal.writing() as append:
            yield Change(self._state, append, self._clock)
