"""The addresses that names stand for, asked once and not for long: who does not answer in time stays a name."""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import Thread

PATIENCE_S = 2.0
"""For all names together."""


def _look_up(name: str) -> list[str]:
    return sorted({str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(name, None)})


def addresses_of(
    names: Iterable[str], look_up: Callable[[str], list[str]] = _look_up, patience: float = PATIENCE_S
) -> Mapping[str, list[str]]:
    """Each name with its addresses; one that nobody answers for is left out."""
    found: dict[str, list[str]] = {}

    def ask(name: str) -> None:
        # A name that cannot be one (a label too long) is answered by nobody either.
        with suppress(OSError, UnicodeError):
            found[name] = look_up(name)

    asked = [Thread(target=ask, args=(name,), daemon=True) for name in dict.fromkeys(names)]
    for thread in asked:
        thread.start()
    end = time.monotonic() + patience
    for thread in asked:
        thread.join(max(0.0, end - time.monotonic()))
    return {**found}
