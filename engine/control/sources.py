"""Watching where findings come from: what came is counted as it is accepted; a look a minute says how each source is.

A symptom raises one finding of its own per episode (detector `source.health`): from when it shows to when it is gone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.control.accept import accept
from engine.control.arrivals import HEALTH
from engine.control.coverage import follow_learning
from engine.control.desk import Desk
from engine.control.moves import ENGINE, note
from engine.digest import sha256
from engine.model.base import Json
from engine.model.finding import Finding, Origin, Severity
from engine.model.source import Ailment, Source, Symptom
from engine.source_health import DAY, HISTORY, LOOKS, Health, Past, examine
from engine.store.sources import Came, hour_of
from engine.store.tx import Tx

NOTHING = Came(0, 0)


def look_at_sources(tx: Tx, desk: Desk, now: datetime) -> list[Source]:
    """Look at every source now; return those whose symptoms have changed."""
    tx.sources.forget(hour_of(now) - HISTORY)
    tx.sources.look(now)
    follow_learning(tx, desk, now)
    changed = []
    for source, past in pasts(tx, now):
        after = _after(source, examine(source, past), now)
        if after == source:
            continue
        tx.sources.put(after)
        if _symptoms(after) != _symptoms(source):
            _tell(tx, desk, source, after, now)
            changed.append(after)
    return changed


def pasts(tx: Tx, now: datetime) -> list[tuple[Source, Past]]:
    """Every source with what came from it."""
    hour = hour_of(now)
    watched = sorted(tx.sources.watched(hour - HISTORY, LOOKS) - {hour})
    came = tx.sources.hours(hour - HISTORY)
    return [
        (source, _past(source, came.get((source.product, source.detector), {}), watched, hour))
        for source in tx.sources.all()
    ]


def _past(source: Source, came: Mapping[int, Came], watched: Sequence[int], hour: int) -> Past:
    first = hour_of(source.first_seen)
    day = [counts for at, counts in came.items() if at > hour - DAY]
    errors = sum(counts.errors for counts in day)
    return Past(
        hours=tuple(came.get(at, NOTHING).findings for at in watched if at > first),
        running=came.get(hour, NOTHING).findings,
        records_day=errors + sum(counts.findings for counts in day),
        errors_day=errors,
    )


def _after(source: Source, health: Health, now: datetime) -> Source:
    """The source as it is now; what ails it already does so since it began."""
    since = {ailment.symptom: ailment.since for ailment in source.ailments}
    ailments = tuple(
        Ailment(symptom=symptom, why=why, since=since.get(symptom, now)) for symptom, why in health.symptoms.items()
    )
    return source.model_copy(update={"quality": health.quality, "why": health.why, "ailments": ailments})


def _tell(tx: Tx, desk: Desk, before: Source, after: Source, now: datetime) -> None:
    """A finding for each symptom that is new, and an entry that says how the source is."""
    subject = f"source/{after.product}/{after.detector}"
    note(tx, subject, f"source.{after.quality}", now, {"why": after.why, "symptoms": [*_symptoms(after)]})
    fresh = [ailment for ailment in after.ailments if ailment.symptom not in _symptoms(before)]
    accept(tx, desk, [_finding(after, ailment) for ailment in fresh], ENGINE, now, own=True)


def _finding(source: Source, ailment: Ailment) -> Finding:
    """One episode of one symptom; a sensor that falls silent may have been silenced."""
    name, at = f"{source.product}/{source.detector}", ailment.since
    evidence: Json = {"product": source.product, "detector": source.detector, "symptom": ailment.symptom}
    return Finding(
        id=f"F-{sha256([HEALTH, source.product, source.detector, ailment.symptom, at.isoformat()])[:16]}",
        detector=HEALTH,
        detector_version="1",
        time=at,
        reported_time=at.isoformat(),
        severity=Severity.HIGH if ailment.symptom is Symptom.SILENT else Severity.MEDIUM,
        confidence=None,
        category="source-health",
        title=f"source {name} is {ailment.symptom}: {ailment.why}",
        origin=Origin(product="fireline"),
        evidence=evidence | {"why": ailment.why, "last_seen": source.last_seen.isoformat()},
    )


def _symptoms(source: Source) -> tuple[Symptom, ...]:
    return tuple(ailment.symptom for ailment in source.ailments)
