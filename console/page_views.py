"""What people and programs are shown of a page; pure."""

from console.views import stamp
from engine.model.base import Json
from engine.model.page import Page


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
