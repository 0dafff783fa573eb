"""Runs the nft command: one JSON batch in, all of it applied or nothing."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta

from pydantic import ValidationError

from actions.connectors.nftables.listing import Listing
from actions.connectors.nftables.values import require_namespace, require_table, shown
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.base import Json

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}

LISTINGS = 10
"""How often a table that stands is listed before it is called out of reach."""


class Nft:
    """The nft of this machine, or of one network namespace on it; `program` is how it is called.

    Raises `TargetRefused` where nft said no (a batch is atomic, so nothing was changed) or cannot be run at all, and
    `TargetUnavailable` where it did not end within `timeout` (what it did is not known).
    """

    def __init__(
        self,
        table: str = "fireline",
        namespace: str | None = None,
        program: Sequence[str] = ("nft",),
        timeout: timedelta = timedelta(seconds=5),
    ) -> None:
        """Touch nothing yet."""
        self.table = require_table(table)
        entry = ("ip", "netns", "exec", require_namespace(namespace)) if namespace is not None else ()
        self._argv = (*entry, *program)
        self._timeout = timeout

    async def fetch(self) -> Listing | None:
        """Our table as it stands, or None where there is none.

        nft fails to list a table of which a set goes meanwhile, in the words in which it says that there is no table.
        """
        said = ""
        for _ in range(LISTINGS):
            try:
                return await self._listed()
            except TargetRefused as refusal:
                said = str(refusal)
            if self.table not in _parsed(await self._run("-j", "list", "tables", "inet")).tables():
                return None
        raise TargetUnavailable(f"our table stands and cannot be listed: {said}")

    async def _listed(self) -> Listing:
        return _parsed(await self._run("-j", "list", "table", "inet", self.table))

    async def apply(self, commands: Sequence[Json]) -> None:
        """Do all of these commands, or none."""
        await self._run("-j", "-f", "-", batch=commands)

    async def rehearse(self, commands: Sequence[Json]) -> None:
        """Have nft and the kernel check these commands without doing them."""
        await self._run("-c", "-j", "-f", "-", batch=commands)

    async def _run(self, *arguments: str, batch: Sequence[Json] = ()) -> bytes:
        argv = (*self._argv, *arguments)
        process = await _started(argv)
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                output, errors = await process.communicate(_document(batch) if batch else None)
        except TimeoutError as error:
            seconds = self._timeout.total_seconds()
            raise TargetUnavailable(f"`{argv[0]}` did not end within {seconds:g} s") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise TargetRefused(f"`{argv[0]}` ended with {process.returncode}: {_first_line(errors)}")
        return output


async def _started(argv: Sequence[str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    try:
        return await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, stderr=pipe, env=ENVIRONMENT)
    except OSError as error:
        raise TargetRefused(f"cannot run `{argv[0]}`: {error.strerror}") from error


def _document(commands: Sequence[Json]) -> bytes:
    return json.dumps({"nftables": [{"metainfo": {"json_schema_version": 1}}, *commands]}).encode()


def _parsed(output: bytes) -> Listing:
    try:
        return Listing.model_validate_json(output)
    except ValidationError as error:
        raise TargetUnavailable(f"nft answered what we cannot read: {error.error_count()} problems") from error


def _first_line(errors: bytes) -> str:
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines() if line.strip()]
    return shown(lines[0]) if lines else "no message"
