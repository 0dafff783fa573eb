"""What both sides of the containment benchmark share: taking orders over standard input."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping

AHEAD_S = 6.0
"""How far ahead releases are put, so that preparing them is not counted."""
SETTLE_S = 0.5
"""What is still to be written after the last action is counted too."""
Orders = Mapping[str, Callable[[int], Awaitable[list[float]]]]


async def serve(pids: list[int], orders: Orders) -> None:
    """Say which processes count, then carry out orders until told to stop."""
    print(json.dumps({"pids": pids}), flush=True)
    while True:
        order, _, count = (await asyncio.to_thread(sys.stdin.readline)).partition(" ")
        if order not in orders:
            return
        print(json.dumps({"latencies_s": await orders[order](int(count))}), flush=True)
