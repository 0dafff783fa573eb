"""What people and programs are shown of tripped budgets."""

from console.views import stamp
from engine.control.desk import Desk
from engine.control.resets import missing
from engine.model.base import Json
from engine.model.trip import Trip
from engine.store.tx import Tx


def trip_view(tx: Tx, desk: Desk, trip: Trip) -> Json:
    """One trip: why, what it holds back, and how many people it still takes."""
    return {
        "id": trip.id,
        "scope": trip.scope,
        "why": trip.why,
        "caused_by": trip.caused_by,
        "at": stamp(trip.at),
        "incident": trip.incident_id,
        "review": trip.review_id,
        "asked": trip.asked,
        "waiting": trip.waiting,
        "gathered": trip.gathered,
        "missing": 0 if trip.reset_at else missing(tx, desk, trip),
        "reset_at": stamp(trip.reset_at),
        "reset_by": [*trip.reset_by],
        "reason": trip.reason,
    }
