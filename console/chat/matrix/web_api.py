"""The client-server API of a Matrix homeserver, as far as we need it.

Rules: those of `console.outgoing.web`; whatever stands in a path is quoted.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from console.outgoing.answers import object_in
from console.outgoing.web import LONGEST_LIST, Answered, exchange
from engine.digest import canonical
from engine.model.base import Json
from engine.model.chat import MatrixSettings
from engine.secrets import fetch

WITHIN_S = 5.0
BASE = "/_matrix/client/v3"
HOMESERVER = "the homeserver"


async def call(
    settings: MatrixSettings, method: str, *path: str, body: Json | None = None, query: Mapping[str, str] | None = None
) -> Json:
    """Ask the homeserver; return what it answers."""
    place = "/".join(quote(part, safe="") for part in path)
    url = f"{settings.url}{BASE}/{place}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": f"Bearer {await fetch(settings.access_token)}"}
    said = b"" if body is None else canonical(body)
    return object_in(await exchange(method, url, said, headers, WITHIN_S, LONGEST_LIST), HOMESERVER)


async def look(settings: MatrixSettings, *path: str) -> Json | None:
    """What stands there; None where there is nothing."""
    try:
        return await call(settings, "GET", *path)
    except Answered as error:
        if error.status == 404:
            return None
        raise
