"""What people and programs are shown of a page, and of messages that wait; pure."""

from collections.abc import Iterable

from pydantic import JsonValue

from console.views import stamp
from engine.control.sick_rooms import Behind
from engine.model.base import Json
from engine.model.page import Attempt, Message, Page


def page_view(page: Page) -> Json:
    """One page: what happened, how long it has waited, and when it goes out again."""
    return {
        "id": page.id,
        "kind": page.kind,
        "state": page.state,
        "subject": page.subject,
        "connector": page.connector,
        "text": page.text,
        "opened_at": stamp(page.opened_at),
        "next_at": stamp(page.next_at),
        "rounds": page.round + 1,
        "times": page.times,
        "acknowledged_by": page.acknowledged_by,
    }


def undelivered(messages: Iterable[Message]) -> list[JsonValue]:
    """By channel what it did not take when it was tried: how many, since when, and why the oldest did not go out."""
    behind: dict[str, list[tuple[Message, Attempt]]] = {}
    for message in messages:
        for channel, attempt in message.tried.items():
            if channel not in message.sent:
                behind.setdefault(channel, []).append((message, attempt))
    return [_behind(channel, waiting) for channel, waiting in sorted(behind.items())]


def behind_view(one: Behind) -> Json:
    """The same of a chat room and its cards."""
    return {"channel": f"room {one.room}", "count": one.count, "since": stamp(one.since), "because": one.because}


def _behind(channel: str, waiting: list[tuple[Message, Attempt]]) -> Json:
    message, attempt = min(waiting, key=lambda one: one[0].made_at)
    since, because = stamp(message.made_at), attempt.because
    return {"channel": channel, "count": len(waiting), "since": since, "because": because}
