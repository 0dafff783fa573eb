"""How large a request may be: refused by what it says of itself, and cut off where it says nothing or lies."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api.problems import problem
from console.cli.leaving import Exit


class BodyLimit:
    """Lets nothing larger than `largest` bytes through, or than `files` says for a path that takes files."""

    def __init__(self, app: ASGIApp, largest: int, files: Mapping[str, int]) -> None:
        """Stand before `app`."""
        self._app, self._largest, self._files = app, largest, files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on as far as it may be read."""
        limit = self._files.get(scope.get("path", ""), self._largest)
        stated = Headers(scope=scope).get("content-length", "") if scope["type"] == "http" else ""
        if stated.isdecimal() and int(stated) > limit:
            await problem(413, _said(limit), Exit.BAD_INPUT)(scope, receive, send)
            return
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise HTTPException(413, _said(limit))
            return message

        await self._app(scope, bounded, send)


def _said(limit: int) -> str:
    return f"larger than the {limit} bytes that are taken here"
