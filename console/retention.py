"""Dropping evidence that was kept for long enough, where it is kept: in the process that touches the world."""

import asyncio
import logging
from collections.abc import Callable

LOG = logging.getLogger("fireline")
EVERY_S = 3600.0
Forget = tuple[Callable[[], int], ...]
"""What drops whatever is beyond its retention, and tells how much went; one a place that keeps such things."""


async def forget_evidence(places: Forget) -> None:
    """Drop evidence that is beyond its retention, also where nothing new is taken any more."""
    while True:
        for forget in places:
            try:
                gone = await asyncio.to_thread(forget)
            except OSError as error:
                LOG.warning("evidence beyond its retention is still kept: %s", error.strerror)
                continue
            if gone:
                LOG.info("%d pieces of evidence were beyond their retention and are gone", gone)
        await asyncio.sleep(EVERY_S)
