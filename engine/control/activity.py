"""What is done besides deciding where a finding's source is at authorised activity: it is recorded, and looked at.

Scanners make thousands of findings, and each is recorded; people look at those that would be grave if somebody else
were behind them, and at those that go beyond what was authorised.
"""

from datetime import datetime

from engine.authorised import activity_facts, presence, told
from engine.control.desk import Desk
from engine.control.moves import note
from engine.control.review_queue import queue_finding
from engine.model.base import Json
from engine.model.finding import Finding, Severity
from engine.model.review import ReviewKind
from engine.store.tx import Tx


def note_activity(tx: Tx, desk: Desk, finding: Finding, now: datetime) -> None:
    """Record the authorised activity that a new finding names, and have people look at it where it matters."""
    document = desk.policy.document
    facts: Json = {**presence(desk.context, finding), "time.now": now.isoformat()}
    facts |= activity_facts(document, facts)
    said: list[str] = [f"{reason.rule}: {reason.text}" for reason in told(document, facts)]
    if not said:
        return
    body: Json = {"said": [*said], "within": facts["activity.ids"], "beyond": facts["activity.exceeded"]}
    note(tx, f"finding/{finding.id}", "activity.authorised", now, body)
    if facts["activity.exceeded"] or finding.severity.rank >= Severity.HIGH.rank:
        queue_finding(tx, finding, ReviewKind.AUTHORISED_ACTIVITY, "; ".join(said), now)
