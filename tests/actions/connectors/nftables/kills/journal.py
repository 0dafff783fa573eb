"""What the kernel itself tells of every change to the router's rules, as events that the kill tests' judge reads."""

import asyncio
import re
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from ipaddress import ip_network

from actions.simulators.events import Event, Op

OWNER = "fl-[0-9a-f]{20}"
ELEMENT = re.compile(rf'(add|delete) element inet fireline \S+ {{ (\S+) .*comment "({OWNER})"')
OWN_SET_GONE = re.compile(rf"delete set inet fireline ({OWNER})")
GENERATION = "# new generation"
"""Ends the changes of one batch, which the kernel made all at once."""

Thing = tuple[str, str]
"""Action and target."""


class Journal:
    """Every line that `nft monitor` wrote, and when."""

    def __init__(self) -> None:
        """Nothing has been told yet."""
        self.lines: list[tuple[float, str]] = []

    async def follow(self, monitor: Process) -> None:
        """Take lines in as they come."""
        assert monitor.stdout is not None
        async for line in monitor.stdout:
            self.lines.append((time.time(), line.decode().strip()))

    def of_others(self) -> list[str]:
        """Changes outside our table, or to what is not ours in it."""
        told = [line for _, line in self.lines if not line.startswith(GENERATION)]
        return [line for line in told if " inet fireline" not in line or "theirs" in line]

    def events(self) -> Iterator[Event]:
        """What was placed and taken back; an element that its own batch put back was only renewed."""
        standing: dict[str, Thing] = {}
        for at, lines in self._batches():
            before, standing = standing, _after(lines, standing)
            for owner in sorted(before.keys() ^ standing.keys()):
                op = Op.PLACED if owner in standing else Op.RELEASED
                action, target = (standing | before)[owner]
                yield Event(at=datetime.fromtimestamp(at, UTC), op=op, owner=owner, action=action, target=target)

    def renewals(self) -> int:
        """How often an element was replaced by itself, to end later."""
        return sum(len(_named("delete", lines) & _named("add", lines)) for _, lines in self._batches())

    def _batches(self) -> Iterator[tuple[float, list[str]]]:
        batch: list[str] = []
        for at, line in self.lines:
            if line.startswith(GENERATION):
                yield at, batch
                batch = []
            else:
                batch.append(line)


@asynccontextmanager
async def journal_of(namespace: str) -> AsyncIterator[Journal]:
    """The journal of a namespace's rules; complete once this is left."""
    argv = ("ip", "netns", "exec", namespace, "nft", "monitor")
    monitor = await asyncio.create_subprocess_exec(*argv, stdout=PIPE)
    journal = Journal()
    following = asyncio.create_task(journal.follow(monitor))
    try:
        yield journal
    finally:
        monitor.terminate()
        await monitor.wait()
        await following


def _after(lines: Iterable[str], standing: dict[str, Thing]) -> dict[str, Thing]:
    after = dict(standing)
    for line in lines:
        if gone := OWN_SET_GONE.match(line):
            after.pop(gone[1], None)
        elif element := ELEMENT.match(line):
            verb, target, owner = element.groups()
            after.pop(owner, None)
            after |= {owner: _thing(target)} if verb == "add" else {}
    return after


def _named(verb: str, lines: Iterable[str]) -> set[str]:
    found = (ELEMENT.match(line) for line in lines)
    return {element[3] for element in found if element and element[1] == verb}


def _thing(target: str) -> Thing:
    return ("network.block_segment", str(ip_network(target))) if "/" in target else ("network.block_ip", target)
