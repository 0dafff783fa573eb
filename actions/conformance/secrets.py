"""The law of actions whose connector holds credentials: none of them leaves it."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from actions.conformance.case import Desk, FaultyCase
from actions.simulators.faults import FaultKind
from engine.conformance import laws, require
from engine.errors import FirelineError

STRUCK = (None, FaultKind.REFUSE, FaultKind.APPLY_BUT_TIME_OUT, FaultKind.RELEASE_FAILS, FaultKind.UNREACHABLE)


class SecretCase(FaultyCase, Protocol):
    """A case whose connector was given secrets."""

    @property
    def secrets(self) -> Sequence[str]:
        """What must be seen nowhere: passwords, tokens, keys."""


async def no_secret_leaves_it(case: SecretCase) -> None:
    """Not in an outcome, which goes into histories and the ledger; not in an error, nor in a log."""
    with _logged() as said:
        for fault in STRUCK:
            if fault is not None:
                case.switch_on(fault)
            said += await _life(case)
            case.clear()
    leaks = [number for number, secret in enumerate(case.secrets) if any(secret in line for line in said)]
    require(not leaks, f"of its secrets it tells {', '.join(f'the {number + 1}.' for number in leaks)}")


async def _life(case: SecretCase) -> list[str]:
    desk = Desk(case)
    outcomes = [await step() for step in (desk.apply, desk.inspect, desk.release)]
    said = [outcome.model_dump_json() for outcome in outcomes]
    try:
        await case.connector.health()
        return [*said, repr(await case.connector.owned())]
    except FirelineError as error:
        return [*said, repr(error), repr(error.__cause__)]


class _Lines(logging.Handler):
    """Keeps every line as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(logging.Formatter().format(record))


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Everything logged meanwhile, at any level."""
    root, handler = logging.getLogger(), _Lines()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


SECRETS = laws(no_secret_leaves_it)
"""For every action whose connector was given secrets."""
