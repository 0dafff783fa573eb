"""The door at which a person takes a page on."""

from datetime import datetime, timedelta

from engine.control.doors import require_role
from engine.control.paging import move_page, send_about
from engine.errors import Denied, NotFound
from engine.model.page import LASTING, Event, Page, PageState
from engine.model.principal import Principal, Role
from engine.store.tx import Tx

BACK_AFTER = timedelta(hours=4)
"""How long an acknowledgement keeps a page quiet whose cause goes on."""
MAY_ACKNOWLEDGE = (Role.RESPONDER, Role.ANALYST, Role.APPROVER)


def acknowledge(tx: Tx, principal: Principal, page_id: str, now: datetime) -> Page:
    """Somebody has seen it and takes it on: it is quiet from now on; what does not last is over with that."""
    if principal.bot:
        raise Denied(f"`{principal.id}` is a bot, and a page waits for a person")
    require_role(principal, *MAY_ACKNOWLEDGE)
    found = find_page(tx, page_id)
    if found.state is not PageState.OPEN:
        by = f" by `{found.acknowledged_by}`" if found.acknowledged_by else ""
        raise Denied(f"{found.id} is {found.state}{by}")
    stays = found.kind in LASTING
    to = PageState.ACKNOWLEDGED if stays else PageState.RESOLVED
    changes: dict[str, object] = {"acknowledged_by": principal.id, "next_at": now + BACK_AFTER if stays else None}
    seen = move_page(tx, found, to, now, {"by": principal.id}, principal.signature, **changes)
    send_about(tx, seen, Event.ACKNOWLEDGE if stays else Event.RESOLVE, now, f"seen by {principal.id}")
    return seen


def find_page(tx: Tx, page_id: str) -> Page:
    """The page, or `NotFound`."""
    found = tx.pages.get(page_id)
    if found is None:
        raise NotFound(f"there is no page `{page_id}`")
    return found
