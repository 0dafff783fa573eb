"""Slack's Web API, as far as we need it: forms out, JSON back.

Rules: those of `console.outgoing.web`; and what Slack refuses by `ok: false` is refused, but for its own troubles.
"""

from datetime import timedelta
from urllib.parse import urlencode

from pydantic import JsonValue

from console.outgoing.answers import Received, object_in, read
from console.outgoing.web import LONGEST_LIST, TryLater, post
from engine.digest import canonical
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.base import Json
from engine.model.channel import Secret
from engine.model.chat import SlackSettings
from engine.outgoing import clean
from engine.secrets import fetch

WITHIN_S = 5.0
SLACK = "slack"
TROUBLES = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
"""Slack's own words for what may pass at another time."""
LIMITED = frozenset({"ratelimited", "rate_limited"})


class Refused(TargetRefused):
    """Slack says no; `code` is its word for why."""

    def __init__(self, method: str, code: str) -> None:
        """Of `method`."""
        super().__init__(f"slack refuses {method}: {clean(code, 60)}")
        self.code = code


class _Answer(Received):
    ok: bool
    error: str = ""


async def call(settings: SlackSettings, method: str, given: Json, token: Secret | None = None) -> Json:
    """Call a method with its arguments, as our bot unless `token` is another's; return what it answers."""
    form = {name: _value(value) for name, value in given.items() if value is not None}
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": f"Bearer {await fetch(token or settings.bot_token)}",
    }
    sent = urlencode(form).encode()
    whole = object_in(await post(f"{settings.url}{method}", sent, headers, WITHIN_S, LONGEST_LIST), SLACK)
    answer = read(_Answer, whole, SLACK)
    if answer.ok:
        return whole
    if answer.error in LIMITED:
        raise TryLater(f"slack wants fewer calls of {method}", timedelta(seconds=1))
    if answer.error in TROUBLES:
        raise TargetUnavailable(f"slack cannot {method} now: {clean(answer.error, 60)}")
    raise Refused(method, answer.error)


def _value(value: JsonValue) -> str:
    return value if isinstance(value, str) else canonical(value).decode()
