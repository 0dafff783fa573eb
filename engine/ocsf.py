"""The ledger in OCSF 1.3: Detection Finding (2004) and Remediation Activity (7001); pure.

Source: schema.ocsf.io/1.3.0. Rules: 1. What leaves is what the ledger says, and with it the names of what a request or
a lease is about; of findings no observable and no evidence. 2. One entry is one event at most, with one `metadata.uid`
however often it is sent. 3. Text from outside is a bounded line of data (`engine.outgoing.clean`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from engine.chat_lines import REASONS
from engine.model.action import ActionSpec, TargetKind
from engine.model.base import Json
from engine.model.entry import Entry
from engine.model.finding import Severity
from engine.outgoing import LINE, TITLE, clean

VERSION = "1.3.0"
SEVERITIES = {
    Severity.INFORMATIONAL: (1, "Informational"),
    Severity.LOW: (2, "Low"),
    Severity.MEDIUM: (3, "Medium"),
    Severity.HIGH: (4, "High"),
    Severity.CRITICAL: (5, "Critical"),
}
UNKNOWN, SUCCESS, FAILURE, ERROR, OTHER = 0, 1, 2, 6, 99
STATUSES = {UNKNOWN: "Unknown", SUCCESS: "Success", FAILURE: "Failure", ERROR: "Error"}
RESTORE = (3, "Restore")
TACTICS = {
    "D3-NI": (1, "Isolate"),
    "D3-NTF": (1, "Isolate"),
    "D3-DNSDL": (1, "Isolate"),
    "D3-AL": (2, "Evict"),
    "D3-ER": (2, "Evict"),
    "D3-ST": (2, "Evict"),
    "D3-MFA": (4, "Harden"),
}
"""Of each D3FEND technique that an action of ours names, its tactic, by which OCSF tells activities apart."""
OBSERVABLES = {
    TargetKind.HOST: 1,
    TargetKind.DOMAIN: 1,
    TargetKind.ADDRESS: 2,
    TargetKind.ACCOUNT: 4,
    TargetKind.SEGMENT: 12,
}
"""OCSF's `observable.type_id`: host name, address, user name, subnet; all else is another (99)."""


@dataclass(frozen=True)
class Stage:
    """How an entry's kind reads in OCSF; `restores` where the effect ends."""

    word: str
    status: int = OTHER
    severity: Severity = Severity.INFORMATIONAL
    restores: bool = False


STAGES: Mapping[str, Stage] = {
    "request.requested": Stage("requested"),
    "request.observed": Stage("observed, not done"),
    "request.queued": Stage("waits for review"),
    "approval.asked": Stage("asked"),
    "request.authorised": Stage("authorised"),
    "request.denied": Stage("denied", FAILURE, Severity.LOW),
    "request.rejected": Stage("rejected", FAILURE, Severity.LOW),
    "request.expired": Stage("expired unanswered", FAILURE, Severity.MEDIUM),
    "request.superseded": Stage("void, asked again"),
    "request.withdrawn": Stage("withdrawn"),
    "request.vetoed": Stage("vetoed"),
    "request.blocked": Stage("blocked", FAILURE, Severity.MEDIUM),
    "request.failed": Stage("failed", FAILURE, Severity.MEDIUM),
    "lease.applying": Stage("begun"),
    "lease.active": Stage("executed and verified", SUCCESS),
    "lease.unknown": Stage("not known whether it took effect", UNKNOWN, Severity.MEDIUM),
    "lease.failed": Stage("failed", FAILURE, Severity.MEDIUM),
    "lease.extended": Stage("extended", SUCCESS),
    "lease.held_on": Stage("extended", SUCCESS),
    "lease.harm": Stage("did harm", ERROR, Severity.HIGH),
    "lease.drifted": Stage("changed by somebody else", ERROR, Severity.MEDIUM),
    "lease.surrendered": Stage("lifted by somebody else", FAILURE, Severity.MEDIUM),
    "lease.releasing": Stage("being released", restores=True),
    "lease.released": Stage("released", SUCCESS, restores=True),
    "lease.stuck": Stage("release stuck", ERROR, Severity.HIGH, restores=True),
    "freeze.set": Stage("frozen", severity=Severity.MEDIUM),
    "freeze.lifted": Stage("freeze lifted"),
    "freeze.ended": Stage("freeze over"),
}
APPROVED = Stage("approved")
FINDINGS = frozenset({"finding.accepted", "findings.gathered"})


@dataclass(frozen=True)
class About:
    """What an entry belongs to: the command (a request, a lease or a freeze), its action and target, its incidents."""

    command: str
    simulated: bool
    action: str = ""
    spec: ActionSpec | None = None
    target: str = ""
    connector: str = ""
    incidents: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    techniques: tuple[str, ...] = ()
    """Of ATT&CK, which a finding names."""


def leaves(entry: Entry) -> bool:
    """Whether an entry is told to others at all; what was put back or left nothing behind changes nothing."""
    if entry.kind in FINDINGS:
        return True
    return entry.kind in STAGES and not entry.body.get("re_applied") and entry.body.get("lasting") is not False


def event(entry: Entry, about: About, site: str) -> Json:
    """The OCSF event of an entry that leaves; `site` keeps apart what several engines send to one receiver."""
    made = _finding(entry, about) if entry.kind in FINDINGS else _remediation(entry, about)
    metadata: Json = {
        "version": VERSION,
        "product": {"name": "Fireline", "vendor_name": "Fireline"},
        "uid": uid(site, entry.seq),
        "sequence": entry.seq,
        "event_code": entry.kind,
        "log_name": "ledger",
        "original_time": entry.at.isoformat(),
        "labels": ["simulated" if about.simulated else "real"],
    }
    if about.incidents:
        metadata["correlation_uid"] = about.incidents[0]
    return {**made, "time": millis(entry.at), "metadata": metadata}


def uid(site: str, seq: int) -> str:
    """Rule 2: what an event is known by, wherever it is sent and however often."""
    return f"{site}-{seq}"


def millis(at: datetime) -> int:
    """OCSF's `timestamp_t`."""
    return round(at.timestamp() * 1000)


def _classified(category: tuple[int, str], of: tuple[int, str], activity: tuple[int, str], severity: Severity) -> Json:
    severity_id, said = SEVERITIES[severity]
    return {
        "category_uid": category[0],
        "category_name": category[1],
        "class_uid": of[0],
        "class_name": of[1],
        "activity_id": activity[0],
        "activity_name": activity[1],
        "type_uid": of[0] * 100 + activity[0],
        "type_name": f"{of[1]}: {activity[1]}",
        "severity_id": severity_id,
        "severity": said,
    }


def _finding(entry: Entry, about: About) -> Json:
    body, gathered = entry.body, entry.kind == "findings.gathered"
    detector, version = text(body.get("detector")), text(body.get("version"))
    severity = _severity(body)
    title = f"{body.get('count')} more findings, taken in and not answered" if gathered else text(body.get("title"))
    info: Json = {"uid": about.command, "title": clean(title, TITLE), "created_time": millis(entry.at)}
    if detector:
        info["analytic"] = {"type_id": UNKNOWN, "name": clean(detector, TITLE), "version": clean(version, TITLE)}
    if about.techniques:
        info["attacks"] = [{"technique": {"uid": clean(one, 20)}} for one in about.techniques]
    activity = (2, "Update") if gathered else (1, "Create")
    made = _classified((2, "Findings"), (2004, "Detection Finding"), activity, severity)
    return {**made, "status_id": 1, "status": "New", "finding_info": info, "message": info["title"], **_sure(body)}


def _severity(body: Json) -> Severity:
    """That of a finding; what is gathered has none, and is not answered."""
    said = text(body.get("severity"))
    return Severity(said) if said in set(Severity) else Severity.INFORMATIONAL


def _sure(body: Json) -> Json:
    """How sure the detector was, where it said."""
    score = body.get("confidence")
    if not isinstance(score, int | float):
        return {"confidence_id": UNKNOWN, "confidence": "Unknown"}
    of_hundred = round(100 * score)
    named = (3, "High") if of_hundred >= 75 else (2, "Medium") if of_hundred >= 40 else (1, "Low")
    return {"confidence_id": named[0], "confidence": named[1], "confidence_score": of_hundred}


def _remediation(entry: Entry, about: About) -> Json:
    stage = stage_of(entry)
    technique = "" if about.spec is None else about.spec.d3fend
    activity = RESTORE if stage.restores else TACTICS.get(technique, (OTHER, about.action or stage.word))
    said = f"{stage.word}: {about.action} on {about.target}" if about.action else f"{stage.word}: {about.target}"
    made = _classified((7, "Remediation"), (7001, "Remediation Activity"), activity, stage.severity)
    made |= {"command_uid": about.command, "message": clean(said, TITLE), "status_code": entry.kind}
    made |= {"status_id": stage.status, "status": STATUSES.get(stage.status, stage.word)}
    why = reason(entry.body)
    if why:
        made["status_detail"] = clean(why, LINE)
    if technique:
        made["countermeasures"] = [_countermeasure(technique)]
    if about.action:
        made["observables"] = [_observable(about)]
    return {**made, "unmapped": _unmapped(entry, about)}


def stage_of(entry: Entry) -> Stage:
    """How an entry reads; leave that people gave is told apart from leave that policy gave."""
    return APPROVED if entry.body.get("approvers") else STAGES[entry.kind]


def _countermeasure(technique: str) -> Json:
    tactic = TACTICS.get(technique)
    made: Json = {"d3f_technique": {"uid": technique}}
    return made if tactic is None else {**made, "d3f_tactic": {"name": tactic[1]}}


def _observable(about: About) -> Json:
    kind = None if about.spec is None else about.spec.target
    type_id = OTHER if kind is None else OBSERVABLES.get(kind, OTHER)
    named: Json = {"type": str(kind or "target")} if type_id == OTHER else {}
    return {"name": "unmapped.target", "type_id": type_id, "value": clean(about.target, LINE), **named}


def _unmapped(entry: Entry, about: About) -> Json:
    """What OCSF has no place for."""
    said: Json = {
        "subject": entry.subject,
        "actor": clean(entry.actor, TITLE),
        "stage": stage_of(entry).word,
        "action": about.action,
        "target": clean(about.target, LINE),
        "connector": about.connector,
        "incidents": [*about.incidents],
        "requests": [*about.requests],
        "until": entry.body.get("until"),
        "approvers": entry.body.get("approvers"),
    }
    return {name: value for name, value in said.items() if value}


def reason(body: Json) -> str:
    """Why, under whichever name the entry gives it."""
    found = next((body[name] for name in REASONS if body.get(name)), "")
    return "; ".join(map(str, found)) if isinstance(found, list) else str(found)


def text(value: JsonValue) -> str:
    """A value that is text; nothing for any other."""
    return value if isinstance(value, str) else ""
