"""Taking findings in: known ones once, correlated into incidents, their workflows told after the commit."""

from collections.abc import Sequence
from datetime import datetime

from engine.control.activity import note_activity
from engine.control.arrivals import count_errors, count_findings
from engine.control.desk import Desk
from engine.control.moves import note
from engine.control.review_queue import queue_finding
from engine.control.storm import Storm
from engine.correlate import entity, joins, merge, open_incident
from engine.model.base import Json, Model
from engine.model.finding import Finding
from engine.model.incident import Incident, IncidentState
from engine.model.intake import DeadLetter
from engine.model.review import ReviewKind
from engine.store.tx import Tx

MOST_FINDINGS = 500
"""Findings of one incident; a flood goes on in the next generation, so that no single row grows without end."""


class Acceptance(Model):
    """What became of one finding."""

    finding_id: str
    incident_id: str
    duplicate: bool


def accept(
    tx: Tx, desk: Desk, findings: Sequence[Finding], actor: str, now: datetime, own: bool = False
) -> list[Acceptance]:
    """Accept findings in order; a finding seen before changes nothing. Our `own` are no source's, and are answered."""
    storm = Storm(tx, desk, now, unlimited=own)
    accepted = [_accept(tx, desk, storm, finding, actor, now) for finding in findings]
    storm.close(actor)
    fresh = [finding for finding, one in zip(findings, accepted, strict=True) if not one.duplicate]
    count_findings(tx, () if own else fresh, now)
    return accepted


def _accept(tx: Tx, desk: Desk, storm: Storm, finding: Finding, actor: str, now: datetime) -> Acceptance:
    known = storm.known(finding) or tx.findings.incident_of(finding.id)
    if known is not None:
        return Acceptance(finding_id=finding.id, incident_id=known, duplicate=True)
    gathered = storm.takes(finding)
    if gathered is not None:
        return Acceptance(finding_id=finding.id, incident_id=gathered.incident_id, duplicate=False)
    incident = _incident(tx, desk, finding, now)
    tx.findings.insert(finding, incident.id)
    body: Json = {"incident": incident.id, "detector": finding.detector, "version": finding.detector_version}
    more: Json = {"severity": finding.severity, "confidence": finding.confidence, "title": finding.title}
    note(tx, f"finding/{finding.id}", "finding.accepted", now, {**body, **more}, actor)
    if finding.detector in desk.reviewed:
        queue_finding(tx, finding, ReviewKind.TRAFFIC, "somebody looks at the raw bytes of each of these", now)
    note_activity(tx, desk, finding, now)
    tx.outbox.nudge("Respond", incident.workflow_id, incident.id)
    return Acceptance(finding_id=finding.id, incident_id=incident.id, duplicate=False)


def _incident(tx: Tx, desk: Desk, finding: Finding, now: datetime) -> Incident:
    """The open incident this finding joins, or the next generation of its key."""
    key = entity(finding, desk.context.zone, lambda name: _asset_name(desk, name))
    latest = tx.incidents.latest(key)
    room = latest is not None and len(latest.finding_ids) < MOST_FINDINGS
    if latest is not None and room and latest.state is IncidentState.OPEN and joins(latest, finding, desk.window):
        merged = merge(latest, finding)
        tx.incidents.save(merged)
        return merged
    generation = 1 if latest is None else latest.generation + 1
    incident = open_incident(tx.counters.next("INC"), key, generation, finding, now)
    tx.incidents.insert(incident)
    body: Json = {"key": key, "generation": generation, "title": incident.title, "severity": incident.severity}
    note(tx, f"incident/{incident.id}", "incident.opened", now, body)
    return incident


def _asset_name(desk: Desk, name: str) -> str | None:
    asset = desk.context.asset(name)
    return None if asset is None else asset.name


def keep_dead_letters(tx: Tx, letters: Sequence[DeadLetter], actor: str, now: datetime) -> None:
    """Keep records that intake could not read, and say so in the ledger."""
    for letter in letters:
        tx.dead_letters.insert(letter, now)
    count_errors(tx, letters, now)
    if letters:
        places: list[str] = [f"{letter.file}:{letter.line}:{letter.column}" for letter in letters[:20]]
        note(tx, "intake", "intake.dead_letters", now, {"count": len(letters), "first": [*places]}, actor)
