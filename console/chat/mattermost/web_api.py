"""The REST API (v4) of a Mattermost server, as far as we need it.

Rules: those of `console.outgoing.web`; whatever stands in a path is quoted.
"""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from console.outgoing.answers import list_in, object_in
from console.outgoing.web import LONGEST_LIST, Answered, exchange
from engine.digest import canonical
from engine.model.base import Json
from engine.model.chat import MattermostSettings
from engine.secrets import fetch

WITHIN_S = 5.0
MATTERMOST = "mattermost"


async def call(
    settings: MattermostSettings,
    method: str,
    *path: str,
    body: JsonValue = None,
    query: Mapping[str, str] | None = None,
) -> Json:
    """Ask the server; return what it answers."""
    return object_in(await _answered(settings, method, path, body, query), MATTERMOST)


async def users_by_id(settings: MattermostSettings, users: Sequence[str]) -> list[JsonValue]:
    """Who these users are, each an object of the server's."""
    return list_in(await _answered(settings, "POST", ("users", "ids"), [*users], None), MATTERMOST)


async def _answered(
    settings: MattermostSettings, method: str, path: Sequence[str], body: JsonValue, query: Mapping[str, str] | None
) -> bytes:
    place = "/".join(quote(part, safe="") for part in path)
    url = f"{settings.url}/api/v4/{place}" + (f"?{urlencode(query)}" if query else "")
    headers = {"Authorization": f"Bearer {await fetch(settings.bot_token)}"}
    sent = b"" if body is None else canonical(body)
    return await exchange(method, url, sent, headers, WITHIN_S, LONGEST_LIST)


async def look(settings: MattermostSettings, *path: str) -> Json | None:
    """What stands there; None where there is nothing, or nothing any more."""
    try:
        return await call(settings, "GET", *path)
    except Answered as error:
        if error.status == 404:
            return None
        raise
