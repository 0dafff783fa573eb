"""The Bot Connector's REST API, as far as we need it, and the token that it asks for.

Rules: those of `console.outgoing.web`; whatever stands in a path is quoted; and a token that is not taken any more is
asked for anew with the next call.
"""

import time
from collections.abc import Callable
from urllib.parse import quote, urlencode

from pydantic import Field

from console.outgoing.answers import Received, object_in, read
from console.outgoing.web import LONGEST_LIST, Answered, exchange, post
from engine.digest import canonical
from engine.errors import TargetUnavailable
from engine.model.base import Json
from engine.model.chat import TeamsSettings
from engine.secrets import fetch

WITHIN_S = 5.0
TEAMS, LOGIN = "teams", "the login service"
EARLY_S = 300.0
"""How long before its end a token is asked for anew."""
SCOPE = "https://api.botframework.com/.default"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
UNAUTHORISED, PRECONDITION_FAILED = 401, 412


class _Granted(Received):
    access_token: str = Field(pattern=r"^[\x21-\x7e]{1,16000}$", repr=False)
    expires_in: int = Field(gt=0)


class Connector:
    """Calls under one app's token, which is kept until shortly before its end."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is asked for before it is needed."""
        self._clock = clock
        self._token, self._until = "", 0.0

    async def call(self, settings: TeamsSettings, method: str, *place: str, body: Json | None = None) -> Json:
        """Ask for something beneath the conversations; return what is answered."""
        path = "/".join(quote(part, safe="") for part in ("v3", "conversations", *place))
        headers = {"Authorization": f"Bearer {await self._bearer(settings)}"}
        content = b"" if body is None else canonical(body)
        try:
            said = await exchange(
                method, f"{settings.service_url}{path}", content, headers, WITHIN_S, longest=LONGEST_LIST
            )
        except Answered as error:
            if error.status == UNAUTHORISED:
                self._until = 0.0
            if error.status == PRECONDITION_FAILED:
                raise TargetUnavailable(f"{error}: several at once in one conversation") from None
            raise
        return object_in(said, TEAMS) if said.strip() else {}

    async def _bearer(self, settings: TeamsSettings) -> str:
        if self._clock() >= self._until:
            granted = await _grant(settings)
            self._token, self._until = granted.access_token, self._clock() + granted.expires_in - EARLY_S
        return self._token


async def _grant(settings: TeamsSettings) -> _Granted:
    """A token by client credentials (RFC 6749, 4.4)."""
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.app_id,
        "client_secret": await fetch(settings.app_secret),
        "scope": SCOPE,
    }
    url = f"{settings.login_url}{settings.tenant}/oauth2/v2.0/token"
    said = await post(url, urlencode(form).encode(), FORM, WITHIN_S)
    return read(_Granted, object_in(said, LOGIN), LOGIN)
