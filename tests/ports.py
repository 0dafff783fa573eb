"""Ports of loopback for servers that tests start, or for nobody."""

import socket
from random import SystemRandom

OURS = range(12_000, 32_000)
"""Below those that systems hand out: what is free here is free still when its server comes to it a moment later."""


def free_port(in_a_row: int = 1) -> int:
    """A port that nobody has; the first of so many, where a server takes more."""
    chance = SystemRandom()
    while True:
        port = chance.choice(OURS)
        if all(_is_free(port + n) for n in range(in_a_row)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as tried:
        try:
            tried.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
