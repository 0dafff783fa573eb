"""Programs by which a host may be asked how it is, for harm probes of the kind `command`.

Rules: 1. What runs stands in the settings of this host; a policy only names it, and adds nothing. 2. The exit code
alone is the answer: what it prints goes nowhere. 3. What takes too long is ended and has
failed: whoever is cut off often hangs.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta

from actions.connectors.nftables.nft import ENVIRONMENT
from actions.connectors.nftables.values import require_namespace
from engine.errors import InvalidInput, ProbeFailed, TargetRefused


class Commands:
    """Named programs of this machine, or of one network namespace on it."""

    def __init__(self, programs: Mapping[str, Sequence[str]], namespace: str | None = None) -> None:
        """Run nothing yet; raise `InvalidInput` for a program without its whole path."""
        for name, argv in programs.items():
            if not argv or not argv[0].startswith("/"):
                raise InvalidInput(f"command `{name}` has to begin with the whole path of a program")
        self._programs = programs
        self._entry = ("ip", "netns", "exec", require_namespace(namespace)) if namespace is not None else ()

    async def ask(self, command: str, arguments: Sequence[str], within: timedelta) -> str:
        """Run it to its end; raise `ProbeFailed` where it fails, `TargetRefused` where it may or can not be run."""
        argv = self._programs.get(command)
        if argv is None:
            raise TargetRefused(f"there is no command `{command}` in this connector's settings")
        if arguments:
            raise TargetRefused(f"command `{command}` takes no arguments: what runs stands in the settings")
        try:
            async with asyncio.timeout(within.total_seconds()):
                code = await _run((*self._entry, *argv))
        except TimeoutError:
            raise ProbeFailed(f"`{command}` did not end within {within.total_seconds():g} s") from None
        if code:
            raise ProbeFailed(f"`{command}` ended with {code}")
        return "ended well"


async def _run(argv: Sequence[str]) -> int:
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=nothing, stdout=nothing, stderr=nothing, env=ENVIRONMENT
        )
    except OSError as error:
        raise TargetRefused(f"cannot run `{argv[0]}`: {error.strerror}") from error
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
