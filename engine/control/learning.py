"""What verdicts and overrides teach about the detectors behind them, in the transaction that records them.

Rules: 1. A finding that a person fed by hand teaches nothing: it says nothing of the detector it names. 2. A test is
neither right nor wrong. 3. Where people disagree, the finding was not right. 4. An incident's verdict counts once for
each detector version in it, and only where none of that one's findings was judged itself: many findings of one cause
are one observation. 5. A response that was needless or harmful counts against its action and class; a good one adds
nothing, for its finding's verdict has counted already.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.autonomy import autonomy_facts
from engine.control.desk import Desk
from engine.control.moves import note
from engine.demotion import Record, assess, in_force
from engine.learning_coverage import still_learning
from engine.model.base import Json
from engine.model.context import Criticality
from engine.model.feedback import ActionVerdictKind, Case, Demoted, Trust
from engine.model.finding import Finding, VerdictKind
from engine.model.incident import Incident
from engine.model.policy import Exemption
from engine.model.request import Request
from engine.model.source import Quality
from engine.model.trust import VerdictCount
from engine.source_health import quality_now
from engine.store.tx import Tx

OVERRIDDEN = ("vetoed", "withdrawn")
"""Why a holder left that somebody took away."""
AGAINST = frozenset({ActionVerdictKind.UNNECESSARY, ActionVerdictKind.HARMFUL})


@dataclass(frozen=True)
class Standing:
    """What is known of the detector behind a request, besides what stands in the policy."""

    history: tuple[VerdictCount, ...] = ()
    demoted: Demoted | None = None
    quality: Quality = Quality.UNKNOWN
    learning: bool = False


def standing_of(tx: Tx, desk: Desk, finding: Finding | None, now: datetime) -> Standing:
    """Gather it; for a person's request there is none."""
    if finding is None:
        return Standing()
    source = tx.sources.get(finding.origin.product, finding.detector)
    trust = tx.trusts.get(finding.detector, finding.detector_version)
    return Standing(
        history=_history(tx, desk, finding),
        demoted=in_force(trust, desk.policy.digest, now),
        quality=quality_now(source, tx.sources.looked_at(), now),
        learning=still_learning(source, desk.policy.document.learning, desk.policy.calendars, now),
    )


def _history(tx: Tx, desk: Desk, finding: Finding) -> tuple[VerdictCount, ...]:
    """Counts from verdicts, with the bins that the policy's exceptions ask about."""
    detector, version = finding.detector, finding.detector_version
    counts = tx.cases.counts(detector, version)
    if not counts:
        return ()
    bars = sorted({rule.confidence for rule in desk.policy.document.rules if isinstance(rule, Exemption)})
    return (*counts, *(tx.cases.bin(detector, version, least) for least in bars))


def teach_finding(tx: Tx, desk: Desk, finding: Finding, now: datetime) -> None:
    """Count what people said about a finding."""
    said = [verdict.kind for verdict in tx.verdicts.of(f"finding/{finding.id}") if verdict.kind is not VerdictKind.TEST]
    incident_id = tx.findings.incident_of(finding.id) or ""
    subject = f"finding/{finding.id}"
    if not said or finding.submitter is not None:
        tx.cases.forget(subject)
    else:
        tx.cases.put(_case(subject, incident_id, finding, all(kind is VerdictKind.TRUE_POSITIVE for kind in said), now))
        tx.cases.forget(_of_incident(incident_id, finding))
    reassess(tx, desk, finding, now)


def teach_incident(tx: Tx, desk: Desk, incident: Incident, now: datetime) -> None:
    """Count what was said about an incident, for each detector version that it rests on alone."""
    verdict = incident.verdict
    outsider = verdict is not None and verdict.principal not in incident.submitters
    kind = verdict.kind if verdict is not None and outsider else None
    found = [finding for finding in tx.findings.of(incident.id) if finding.submitter is None]
    judged = {_version(finding) for finding in found if tx.verdicts.of(f"finding/{finding.id}")}
    first = {_version(finding): finding for finding in sorted(found, key=lambda one: one.time, reverse=True)}
    for version, finding in first.items():
        subject = _of_incident(incident.id, finding)
        if kind in (None, VerdictKind.TEST) or version in judged:
            tx.cases.forget(subject)
        else:
            tx.cases.put(_case(subject, incident.id, finding, kind is VerdictKind.TRUE_POSITIVE, now))
        reassess(tx, desk, finding, now)


def teach_action(tx: Tx, desk: Desk, request: Request, now: datetime) -> None:
    """Count a needless or harmful response against its action and class."""
    finding = _behind(tx, request)
    if finding is None:
        return
    kinds = {verdict.kind for verdict in tx.action_verdicts.of(request.id)}
    tx.cases.forget(f"request/{request.id}")
    if kinds & AGAINST:
        _count_against(tx, request, finding, ActionVerdictKind.HARMFUL in kinds, now)
    reassess(tx, desk, finding, now)


def teach_harm(tx: Tx, desk: Desk, request: Request, now: datetime) -> None:
    """Count a response that was seen to do harm, until a person judges it otherwise."""
    finding = _behind(tx, request)
    if finding is not None:
        _count_against(tx, request, finding, True, now)
        reassess(tx, desk, finding, now)


def _count_against(tx: Tx, request: Request, finding: Finding, harmful: bool, now: datetime) -> None:
    case = _case(f"request/{request.id}", request.incident_id, finding, False, now)
    more = {"action": request.action, "criticality": _class(request), "harmful": harmful, "confidence": None}
    tx.cases.put(case.model_copy(update=more))


def teach_overrides(tx: Tx, desk: Desk, requests: Iterable[Request], now: datetime) -> None:
    """Somebody ended these early: see whether that happens to their detectors too often."""
    behind = {_version(finding): finding for request in requests if (finding := _behind(tx, request))}
    for finding in behind.values():
        reassess(tx, desk, finding, now, _overridden(tx, desk, finding))


def reassess(tx: Tx, desk: Desk, finding: Finding, now: datetime, overridden: int = 0) -> None:
    """Raise or take back what the finding's detector version has earned."""
    detector, version = finding.detector, finding.detector_version
    before = tx.trusts.get(detector, version) or Trust(detector=detector, version=version)
    bars = desk.policy.document.autonomy
    grave, harmful = tx.cases.harm(detector, version, now - bars.demotion.lasts)
    record = Record(_bound(tx, desk, finding, now), grave, harmful, overridden)
    after = assess(before, record, bars, desk.policy.digest, now)
    if after == before:
        return
    tx.trusts.put(after)
    if after.demoted is not None and after.demoted != before.demoted:
        lost = after.demoted
        body: Json = {"tier": int(lost.tier), "because": lost.because, "until": lost.until.isoformat()}
        note(tx, f"detector/{detector}@{version}", "autonomy.lost", now, body | {"policy_digest": lost.policy_digest})


def _bound(tx: Tx, desk: Desk, finding: Finding, now: datetime) -> float:
    """The bound over its claims, whatever was done on them."""
    counts = (*desk.policy.document.history, *tx.cases.counts(finding.detector, finding.detector_version))
    bound = autonomy_facts(finding, "", Criticality.STANDARD, counts, (), now)["autonomy.bound"]
    assert isinstance(bound, float)
    return bound


def _overridden(tx: Tx, desk: Desk, finding: Finding) -> int:
    """How many of the latest automatic responses somebody ended, since autonomy was last taken back."""
    trust = tx.trusts.get(finding.detector, finding.detector_version)
    since = None if trust is None or trust.demoted is None else trust.demoted.since
    requester = f"detector:{finding.detector}@{finding.detector_version}"
    latest = tx.requests.latest_of(requester, 2 * desk.policy.document.autonomy.demotion.overridden_of)
    automatic = [
        r for r in latest if r.lease_id is not None and not r.approved and (since is None or r.requested_at > since)
    ]
    held = (tx.holders.get(request.id) for request in automatic[: desk.policy.document.autonomy.demotion.overridden_of])
    return sum(holder is not None and holder.left_why in OVERRIDDEN for holder in held)


def _behind(tx: Tx, request: Request) -> Finding | None:
    """The finding a detector made that led to this request."""
    finding = None if request.finding_id is None else tx.findings.get(request.finding_id)
    return None if finding is None or finding.submitter is not None else finding


def _case(subject: str, incident_id: str, finding: Finding, right: bool, now: datetime) -> Case:
    return Case(
        subject=subject, incident_id=incident_id, detector=finding.detector, version=finding.detector_version,
        right=right, confidence=finding.confidence, at=now,
    )  # fmt: skip


def _of_incident(incident_id: str, finding: Finding) -> str:
    return f"incident/{incident_id}/{finding.detector}@{finding.detector_version}"


def _version(finding: Finding) -> tuple[str, str]:
    return finding.detector, finding.detector_version


def _class(request: Request) -> Criticality:
    """The class that policy took the target for; high where that is not known."""
    said = None if request.decision is None else request.decision.facts.get("target.criticality")
    return Criticality(said) if said in set(Criticality) else Criticality.HIGH
