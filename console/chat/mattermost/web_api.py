"""The REST API (v4) of a Mattermost server, as far as we need it.

Rules: those of `console.outgoing.web`; whatever stands in a path is quoted.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from pydantic import JsonValue, TypeAdapter, ValidationError

from console.outgoing.web import LONGEST_LIST, Answered, exchange
from engine.digest import canonical
from engine.errors import TargetUnavailable
from engine.model.base import Json
from engine.model.chat import MattermostSettings
from engine.secrets import fetch

WITHIN_S = 5.0
_OBJECT = TypeAdapter(Json)


async def call(
    settings: MattermostSettings,
    method: str,
    *path: str,
    body: JsonValue = None,
    query: Mapping[str, str] | None = None,
) -> Json:
    """Ask the server; return what it answers."""
    place = "/".join(quote(part, safe="") for part in path)
    url = f"{settings.url}/api/v4/{place}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": f"Bearer {await fetch(settings.bot_token)}"}
    sent = b"" if body is None else canonical(body)
    said = await exchange(method, url, sent, headers, WITHIN_S, LONGEST_LIST)
    try:
        return _OBJECT.validate_json(said)
    except ValidationError:
        raise TargetUnavailable("mattermost answers with something else than JSON") from None


async def look(settings: MattermostSettings, *path: str) -> Json | None:
    """What stands there; None where there is nothing, or nothing any more."""
    try:
        return await call(settings, "GET", *path)
    except Answered as error:
        if error.status == 404:
            return None
        raise
