"""What people are shown of a policy's calendars: the next windows of each; pure."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import JsonValue

from console.views import stamp
from engine.calendars.compiled import Calendars, Dated, coming
from engine.calendars.windows import Window

SHOWN = 3
"""The next windows of each calendar that are shown."""


def calendar_views(calendars: Calendars, now: datetime) -> list[JsonValue]:
    """Every calendar with its next windows, those that are open among them."""
    return [
        {
            "calendar": one.calendar.id,
            "kind": one.calendar.kind.value,
            "owner": one.calendar.owner,
            "events": len(one.windows.events),
            "next": [_view(window) for window in coming(one.windows, now, SHOWN)],
        }
        for one in calendars.all()
    ]


def calendar_lines(calendars: Calendars, now: datetime) -> Iterator[str]:
    """The same in words."""
    for one in calendars.all():
        following = coming(one.windows, now, SHOWN)
        said = ", ".join(_line(window) for window in following) or _nothing(one)
        yield f"calendar `{one.calendar.id}` ({one.calendar.kind}, {one.calendar.owner}): {said}"


def _nothing(one: Dated) -> str:
    return "nothing in the next two years" if one.windows.events else "empty"


def _view(window: Window) -> JsonValue:
    return {"starts": stamp(window.starts), "ends": stamp(window.ends), "summary": window.summary}


def _line(window: Window) -> str:
    named = "" if window.summary == "planned" else f" {window.summary}"
    return f"{window.starts:%Y-%m-%d %H:%M} to {window.ends:%Y-%m-%d %H:%M} UTC{named}"
