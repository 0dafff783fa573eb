"""What people said no to: who hears of it."""

from datetime import datetime

from engine.approvals import denial
from engine.model.decision import Tier
from engine.model.page import Event, Message
from engine.model.request import Request
from engine.store.tx import Tx

LEAD = "lead"
"""The audience that hears of what was denied though it mattered most (operations 2)."""


def tell_denied(tx: Tx, request: Request, now: datetime) -> None:
    """Have the lead hear that one person ended what takes two: whoever slipped, or means ill, is seen."""
    if request.decision is None or request.decision.tier < Tier.ASK_TWO:
        return
    number, no = tx.counters.next("MS"), denial(tx.votes.of(request.id))
    tx.messages.insert(
        Message(
            id=number,
            event=Event.TELL,
            about=number,
            audience=LEAD,
            subject=f"request/{request.id}",
            title=f"{request.id} was {request.outcome}, and is not done: {request.action} on {request.target}",
            lines=(f"because: {'' if no is None else no.reason}", f"fireline approvals show {request.id}"),
            connector=request.connector,
            groups=(LEAD,),
            made_at=now,
        )
    )
