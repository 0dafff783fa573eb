"""The client-server API of a Matrix homeserver, as far as we need it.

Rules: those of `console.outgoing.web`; whatever stands in a path is quoted.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from pydantic import TypeAdapter, ValidationError

from console.outgoing.web import LONGEST_LIST, Answered, exchange
from engine.digest import canonical
from engine.errors import TargetUnavailable
from engine.model.base import Json
from engine.model.chat import MatrixSettings
from engine.secrets import fetch

WITHIN_S = 5.0
BASE = "/_matrix/client/v3"
_OBJECT = TypeAdapter(Json)


async def call(
    settings: MatrixSettings, method: str, *path: str, body: Json | None = None, query: Mapping[str, str] | None = None
) -> Json:
    """Ask the homeserver; return what it answers."""
    said = await ask(settings, method, *path, body=body, query=query)
    try:
        return _OBJECT.validate_json(said)
    except ValidationError:
        raise TargetUnavailable("the homeserver answers with something else than JSON") from None


async def ask(
    settings: MatrixSettings, method: str, *path: str, body: Json | None = None, query: Mapping[str, str] | None = None
) -> bytes:
    """Ask the homeserver; return the bytes that it answers."""
    place = "/".join(quote(part, safe="") for part in path)
    url = f"{settings.url}{BASE}/{place}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": f"Bearer {await fetch(settings.access_token)}"}
    return await exchange(method, url, b"" if body is None else canonical(body), headers, WITHIN_S, LONGEST_LIST)


async def look(settings: MatrixSettings, *path: str) -> Json | None:
    """What stands there; None where there is nothing."""
    try:
        return await call(settings, "GET", *path)
    except Answered as error:
        if error.status == 404:
            return None
        raise
