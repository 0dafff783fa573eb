"""Who asks is known before anything they send is read: a stranger's body costs nothing but its refusal."""

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from console.api.backend import identify
from console.api.problems import answer_to
from engine.errors import FirelineError


class OnlyKnown:
    """Lets only callers whose token is valid here through to the paths that begin so."""

    def __init__(self, app: ASGIApp, under: str) -> None:
        """Stand before `app`."""
        self._app, self._under = app, under

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with its caller, or answer it without having read more than its head."""
        if scope["type"] == "http" and scope["path"].startswith(self._under):
            request = Request(scope)
            try:
                request.state.caller = await identify(request)
            except (HTTPException, FirelineError) as error:
                await (await answer_to(request, error))(scope, receive, send)
                return
        await self._app(scope, receive, send)
