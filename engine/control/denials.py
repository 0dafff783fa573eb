"""What people said no to: who hears of it, and what becomes of findings that come later.

Rules (design 6): 1. A denial answers every finding that was accepted before it was final; a later one asks afresh.
2. Whoever is asked then sees who denied it, when and why. 3. What was denied three times within an incident is not
asked again: a person is paged, once, and what is done meanwhile is held. 4. Where silence would have it done, a denial
stands for the whole incident: nobody's no is undone by silence.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from engine.approvals import denial, obligations
from engine.control.messages import Said, send
from engine.model.decision import OnExpiry, Tier
from engine.model.finding import Finding
from engine.model.request import Request, RequestState
from engine.store.tx import Tx

RE_ASKS = 2
"""How often what was voided, narrowed or denied is asked again before a person is paged (operations: livelock)."""
LEAD = "lead"
"""The audience that hears of what was denied though it mattered most (operations 2)."""


def tell_denied(tx: Tx, request: Request, now: datetime) -> None:
    """Have the lead hear that one person ended what takes two: whoever slipped, or means ill, is seen."""
    if request.decision is None or request.decision.tier < Tier.ASK_TWO:
        return
    no = denial(tx.votes.of(request.id))
    title = f"{request.id} was {request.outcome}, and is not done: {request.action} on {request.target}"
    lines = (f"because: {'' if no is None else no.reason}", f"fireline approvals show {request.id}")
    send(tx, Said(LEAD, f"request/{request.id}", title, lines, (LEAD,), request.connector), now)


def is_reopened(tx: Tx, request: Request | None, finding: Finding) -> bool:
    """Whether the finding came after what this request came to, a denial that it is not answered by (rules 1, 4)."""
    if request is None or request.state is not RequestState.REJECTED:
        return False
    if obligations(request).on_expiry is OnExpiry.ACT:
        return False
    accepted = tx.timeline.began(f"finding/{finding.id}")
    return accepted is not None and accepted >= request.changed_at


def denied_before(tx: Tx, like: Sequence[Request]) -> tuple[str, ...]:
    """A line for each time that this was denied, where people's last word on it is a no (rule 2)."""
    last = next((one for one in reversed(like) if one.interim_for is None and one.extends is None), None)
    if last is None or last.state is not RequestState.REJECTED:
        return ()
    no = denial(tx.votes.of(last.id))
    said = "" if no is None else f" at {no.at.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {no.reason}"
    return (*last.denied, f"{last.id} was {last.outcome}{said}")


def is_worn_out(request: Request) -> bool:
    """Whether it was denied too often to be asked again (rule 3)."""
    return len(request.denied) > RE_ASKS
