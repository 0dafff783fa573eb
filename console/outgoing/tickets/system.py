"""A ticket system that speaks JSON, in the shape that its settings give it."""

import base64
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from console.outgoing.answers import json_in
from console.outgoing.web import Answered, exchange
from engine.control.ticketing import Ticket
from engine.digest import canonical
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.ticket import Answer, Call, JiraSettings, RestSettings, ServiceNowSettings, TicketSystem
from engine.secrets import fetch
from engine.template import fill, fill_path, pick
from engine.ticket_shapes import shape

ABOUT_CONTENT = frozenset({400, 404, 409, 410, 413, 422})
"""Answers to what is said of a ticket that are about this very one; any other is about the way: everything waits."""


class ContentRefused(TargetRefused):
    """The system says no to this very ticket or comment, and would to it at any time."""


class System:
    """One system; every call may be repeated but `comment`, which then stands there twice."""

    def __init__(self, settings: TicketSystem) -> None:
        """Nothing is asked for before the first ticket."""
        self.settings, self._shape = settings, shape(settings)

    async def find(self, values: Mapping[str, str]) -> Ticket | None:
        """The ticket that was opened under this key, if there is one."""
        return _ticket(await self._call(self._shape.find, values, ()), self._shape.found)

    async def open(self, values: Mapping[str, str], lines: Sequence[str]) -> Ticket:
        """A new ticket with these first words."""
        made = _ticket(await self._say(self._shape.open, values, lines), self._shape.opened)
        if made is None:
            raise TargetUnavailable(f"`{self.settings.name}` does not say which ticket it opened")
        return made

    async def comment(self, values: Mapping[str, str], lines: Sequence[str]) -> None:
        """Add these lines to the ticket that `values` name."""
        await self._say(self._shape.comment, values, lines)

    async def close(self, values: Mapping[str, str], lines: Sequence[str]) -> None:
        """Close the ticket, in a system that is told how."""
        if self._shape.close is not None:
            await self._say(self._shape.close, values, lines)

    async def health(self) -> str:
        """Whether it answers, and lets us look for tickets."""
        await self.find({name: "fireline-none" for name in ("key", "incident", "title", "text", "severity", "urgency")})
        return f"{self.settings.url} answers"

    async def _say(self, call: Call, values: Mapping[str, str], lines: Sequence[str]) -> JsonValue:
        try:
            return await self._call(call, values, lines)
        except Answered as error:
            if error.status in ABOUT_CONTENT:
                raise ContentRefused(str(error)) from None
            raise

    async def _call(self, call: Call, values: Mapping[str, str], lines: Sequence[str]) -> JsonValue:
        given = {**values, "text": "\n".join(lines)}
        body = b"" if call.body is None else canonical(fill(call.body, given, lines))
        url = self.settings.url + fill_path(call.path, given)
        known = await headers(self.settings)
        return _parsed(await exchange(call.method, url, body, {"Accept": "application/json", **known}))


async def headers(settings: TicketSystem) -> dict[str, str]:
    """By what we are known there."""
    match settings:
        case JiraSettings():
            return {"Authorization": _basic(settings.user, await fetch(settings.token))}
        case ServiceNowSettings():
            return {"Authorization": _basic(settings.user, await fetch(settings.password))}
        case RestSettings():
            return {name: await fetch(reference) for name, reference in settings.headers.items()}


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _parsed(answer: bytes) -> JsonValue:
    try:
        return json_in(answer or b"null")
    except ValueError:
        return None


def _ticket(answer: JsonValue, at: Answer) -> Ticket | None:
    name = pick(answer, at.ticket)
    label = None if at.label is None else pick(answer, at.label)
    return None if name is None else Ticket(name[:200], (label or name)[:200])
