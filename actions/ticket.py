"""Open a ticket for people to work on."""

from enum import StrEnum

from actions.fields import PlainText
from actions.written import RecordParams, Written
from engine.model.action import ActionSpec, Impact, Reversal, TargetKind


class Priority(StrEnum):
    """How soon somebody should look at it."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketParams(RecordParams):
    """Its title, what is to be done, how soon, and in whose queue."""

    description: PlainText = ""
    priority: Priority = Priority.NORMAL
    queue: PlainText = ""


class Ticket(Written[TicketParams]):
    """Write a ticket; nothing at the site changes."""

    spec = ActionSpec(
        id="ticket",
        summary="open a ticket",
        params=TicketParams,
        target=TargetKind.RECORD,
        impact=Impact.NONE,
        reversal=Reversal.SELF_HEALING,
        lasting=False,
    )
