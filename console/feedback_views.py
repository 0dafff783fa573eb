"""What people and programs are shown of reviews, findings and sources; pure."""

from collections.abc import Sequence
from datetime import datetime

from console.views import stamp
from engine.break_glass import Past
from engine.checklists import show_checklist
from engine.learning_coverage import Progress, learning_view
from engine.model.base import Json
from engine.model.finding import Finding, Verdict
from engine.model.review import Review, ReviewState
from engine.model.source import Source
from engine.source_health import band, lag


def review_view(review: Review, now: datetime) -> Json:
    """One item of the queue."""
    late = review.state is not ReviewState.ANSWERED and now >= review.deadline
    return {
        "id": review.id,
        "kind": review.kind,
        "subject": f"finding/{review.finding_id}" if review.finding_id else f"incident/{review.incident_id}",
        "finding": review.finding_id,
        "incident": review.incident_id,
        "actions": [*review.request_ids],
        "severity": review.severity,
        "title": review.title,
        "because": [*review.because],
        "state": review.state,
        "overdue": late,
        "created_at": stamp(review.created_at),
        "deadline": stamp(review.deadline),
        "taken_by": review.taken_by,
        "answered_by": review.answered_by,
        "answered_at": stamp(review.answered_at),
        "verdict": review.verdict,
        "reason": review.reason,
        "answers": {**review.answers},
    }


def open_review_view(review: Review, finding: Finding | None, now: datetime) -> Json:
    """One item with its checklist and the finding in full, raw evidence and all."""
    shown = None if finding is None else finding.model_dump(mode="json")
    return {**review_view(review, now), "checklist": [*show_checklist(review.kind)], "evidence": shown}


def use_view(past: Past, now: datetime) -> Json:
    """One use of break-glass, and where its review stands."""
    use, review = past.use, past.review
    return {
        "request": use.request_id,
        "incident": use.incident_id,
        "principal": use.principal,
        "action": use.action,
        "target": use.target,
        "reason": use.reason,
        "overrode": [*use.overrode],
        "at": stamp(use.at),
        "review": review.id,
        "state": "asleep until reviewed" if past.unreviewed(now) else review.state,
        "deadline": stamp(review.deadline),
        "answers": {**review.answers},
    }


def finding_view(finding: Finding, incident_id: str | None, verdicts: Sequence[Verdict]) -> Json:
    """One finding in full, with what people said of it."""
    said = [verdict.model_dump(mode="json") for verdict in verdicts]
    return {**finding.model_dump(mode="json"), "incident": incident_id, "verdicts": [*said]}


def source_view(source: Source, hours: Sequence[int], running: int, errors_day: int, learning: Progress) -> Json:
    """One source, its rate beside its own band; null where there is too little history for one."""
    usual = band(hours)
    return {
        "product": source.product,
        "detector": source.detector,
        "quality": source.quality,
        "why": source.why,
        "ailments": [ailment.model_dump(mode="json") for ailment in source.ailments],
        "first_seen": stamp(source.first_seen),
        "last_seen": stamp(source.last_seen),
        "this_hour": running,
        "last_hour": hours[-1] if hours else None,
        "band": None if usual is None else {"low": round(usual.low, 1), "high": round(usual.high, 1)},
        "watched_hours": len(hours),
        "errors_day": errors_day,
        "lag_s": lag(source),
        "learning": learning_view(learning),
        "still_to_see": _still_to_see(learning),
    }


def _still_to_see(learning: Progress) -> str:
    """What its learning period still waits for, as one line."""
    waits = [f"{one.calendar} {one.lived}/{one.times}" for one in learning.missing]
    if learning.ended:
        return ""
    until = "never, by these calendars" if learning.earliest is None else f"{learning.earliest:%Y-%m-%d %H:%M} UTC"
    late = "overdue: " if learning.overdue else ""
    return f"{late}{', '.join(waits) or 'time'}; at the earliest {until}"
