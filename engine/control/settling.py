"""Pages whose cause is gone are resolved by a look, so that no way of ending a cause can be forgotten."""

from datetime import datetime

from engine.control.absorb import BEGINNING
from engine.control.paging import resolve
from engine.control.restoring import is_asked
from engine.lifecycle import is_final
from engine.model.lease import LeaseState
from engine.model.page import Page, PageKind
from engine.model.review import ReviewState
from engine.store.tx import Tx

STUCK = (LeaseState.STUCK, LeaseState.DRIFTED, *BEGINNING)
"""Where an effect can be that is not taken back, try as one may."""


def settle(tx: Tx, now: datetime) -> list[Page]:
    """Resolve every page that stands without its cause; return those."""
    over = ((page, _over(tx, page, now)) for page in tx.pages.standing())
    return [resolve(tx, page, because, now) for page, because in over if because]


def key_of(page: Page) -> str:
    """What its cause is called among those of its kind."""
    return page.about.partition("/")[2]


def _over(tx: Tx, page: Page, now: datetime) -> str:
    """Why its cause is gone, as far as the database tells; empty while it stands, or is for others to tell."""
    key = key_of(page)
    match page.kind:
        case PageKind.STUCK_RELEASE:
            lease = tx.leases.get(key)
            return "" if lease is not None and lease.state in STUCK else "released"
        case PageKind.NOT_BEGUN:
            lease = tx.leases.get(key)
            begun = lease is None or lease.state is LeaseState.ACTIVE or is_final(lease.state)
            return "not waiting to begin any more" if begun else ""
        case PageKind.BUDGET_TRIPPED:
            return "" if key in tx.trips.standing() else "reset"
        case PageKind.FREEZE:
            return "" if any(frozen.scope == key for frozen in tx.freezes.active(now)) else "not frozen any more"
        case PageKind.REVIEW_OVERDUE:
            review = tx.reviews.get(key)
            return "" if review is not None and review.state is not ReviewState.ANSWERED else "answered"
        case PageKind.WORLD_CHANGED:
            lease = tx.leases.get(key)
            waits = lease is not None and (lease.agreed or is_asked(tx, lease.id))
            return "" if waits else "decided, and done"
        case _:
            return ""
