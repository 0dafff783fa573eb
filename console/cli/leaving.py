"""How a command ends: its exit code, its error line, and the way out of a process that ran a Worker."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from enum import IntEnum
from typing import NoReturn

from console.cli.output import note
from engine.errors import FirelineError, InvalidInput, ServiceAway, TargetUnavailable


class Exit(IntEnum):
    """What scripts may rely on."""

    DONE = 0
    REFUSED = 1
    BAD_INPUT = 2
    AWAY = 3
    INTERRUPTED = 130


def exit_code(error: FirelineError) -> Exit:
    """Who must act decides the code; what is nobody's input and no missing service is a refusal."""
    match error:
        case InvalidInput():
            return Exit.BAD_INPUT
        case ServiceAway() | TargetUnavailable():
            return Exit.AWAY
        case _:
            return Exit.REFUSED


def complain(error: FirelineError) -> None:
    """Say on stderr what is wrong, one line a problem."""
    for line in str(error).splitlines() or [type(error).__name__]:
        note(f"fireline: {line}")


def leave(code: int) -> NoReturn:
    """End this process at once, with everything written.

    For commands that ran a Temporal Worker: about one such process in five dies by SIGSEGV or SIGABRT while the
    interpreter shuts down, after its work is done. Close everything first; `atexit` handlers do not run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run_and_leave(work: Coroutine[object, object, None]) -> NoReturn:
    """Run a command that runs Workers, and leave with its code, whichever way it ends."""
    try:
        asyncio.run(work)
    except FirelineError as error:
        complain(error)
        leave(exit_code(error))
    leave(Exit.DONE)
