"""E-mail: it tells people, and decides nothing.

Rules: 1. Who has taken a message does not get it again because somebody else could not. 2. However slowly a mail server
speaks, it holds up nothing but its own channel.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from console.outgoing.address import resolve
from console.outgoing.letter import letter
from console.outgoing.smtp import greet, hand_over, judged
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.channel import EmailSettings
from engine.outgoing import Notice

LOG = logging.getLogger("fireline")
WITHIN_S = 60.0
T = TypeVar("T")


class Mail:
    """One mail server, and the addresses that it is to reach."""

    def __init__(self, settings: EmailSettings) -> None:
        """Nothing is asked for before the first message."""
        self.settings = settings
        self._taken = dict[str, frozenset[str]]()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=f"mail-{settings.name}")
        self._busy = False

    async def send(self, notice: Notice, now: datetime) -> None:
        """Hand the notice over for everybody who is meant and has an address."""
        everybody = self.recipients(notice)
        if not everybody:
            raise TargetRefused("nobody who is meant has an address here")
        had = self._taken.get(notice.id, frozenset())
        left = [one for one in everybody if one not in had]
        message = letter(notice, self.settings, everybody)
        addresses = await resolve(self.settings.server, self.settings.port)
        refused = await self._within(lambda: hand_over(self.settings, addresses, message, left))
        later = {one: code for one, code in refused.items() if isinstance(self._judged(code), TargetUnavailable)}
        if later:
            # Rule 1; kept while the engine runs, after that somebody may get it twice under one Message-ID.
            self._taken[notice.id] = had | {*left} - {*later}
            raise self._judged(next(iter(later.values())))
        self._taken.pop(notice.id, None)
        if {*refused} == {*everybody}:
            raise self._judged(next(iter(refused.values())))
        if refused:
            LOG.warning("channel %s: %s of %s addresses are refused", self.settings.name, len(refused), len(everybody))

    def recipients(self, notice: Notice) -> list[str]:
        """Whoever gets everything, and those who are meant, each once."""
        known = self.settings.people
        return [*dict.fromkeys((*self.settings.to, *(known[one] for one in notice.people if one in known)))]

    async def health(self) -> str:
        """Where we could hand something over; raises where we cannot."""
        addresses = await resolve(self.settings.server, self.settings.port)
        await self._within(lambda: greet(self.settings, addresses))
        how = "unencrypted, on this host" if self.settings.security == "none" else "encrypted"
        return f"{self.settings.server}:{self.settings.port}, {how}"

    def _judged(self, code: int) -> TargetRefused | TargetUnavailable:
        return judged(self.settings.server, code)

    async def _within(self, work: Callable[[], T]) -> T:
        """Rule 2: one at a time, in a thread of its own, that nobody waits for longer than this."""
        if self._busy:
            raise TargetUnavailable(f"{self.settings.server} is still busy with the last message")
        self._busy = True
        done = asyncio.get_running_loop().run_in_executor(self._thread, work)
        done.add_done_callback(self._free)
        finished, _ = await asyncio.wait((done,), timeout=WITHIN_S)
        if not finished:
            raise TargetUnavailable(f"{self.settings.server} does not answer in time")
        return done.result()

    def _free(self, done: asyncio.Future[T]) -> None:
        self._busy = False
        if not done.cancelled():
            # Looked at here, for nobody may wait for it any more.
            done.exception()
