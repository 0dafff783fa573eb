"""Which findings are one incident: the entity they are about, within a sliding window. Pure.

The entity is what the response will protect or contain, so our own side of the traffic comes first:

1. a known asset, the source's before the destination's before any other that was seen: what we know by name stays one
   incident when its address changes. A login's destination does not count: it is the service that recorded it, and all
   accounts attacked there would become one incident;
2. for findings about accounts, the user;
3. an address inside, known by nothing else;
4. the source's address outside (attacked from there), then any other address outside;
5. a domain;
6. a user named in any other finding;
7. the detector, so that every finding has an entity.

Partner networks are not ours: their addresses count as outside. Our own names are compared by what the inventory calls
them (`asset_of`), so a host seen by name and by address is one.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from urllib.parse import quote

from engine.model.context import Zone
from engine.model.finding import Endpoint, Finding, ObservableType, Severity
from engine.model.incident import Incident, IncidentState

WINDOW = timedelta(minutes=30)
"""How far from an incident's first or last finding another joins it: about the time attackers take to break out."""

KEY_LIMIT = 120
"""Characters of an incident key; longer ones end in a digest."""

IDENTITY_TECHNIQUES = frozenset(
    {"T1078", "T1098", "T1110", "T1136", "T1539", "T1550", "T1556", "T1606", "T1621"},
)
"""ATT&CK techniques done to or with accounts: valid accounts, brute force, stolen sessions, MFA fatigue …"""

_IDENTITY_WORDS = ("identity", "account", "authentication", "login", "credential")

ZoneOf = Callable[[str], Zone]
AssetOf = Callable[[str], str | None]


def entity(finding: Finding, zone_of: ZoneOf, asset_of: AssetOf) -> str:
    """The key to correlate on: `host:files-02`, `user:j.doe`, `ip:203.0.113.9`, `domain:evil.example`, `detector:…`."""
    kind, name = next(_candidates(finding, zone_of, asset_of))
    return key(kind, name)


def key(kind: str, name: str) -> str:
    """`kind:name` as an id: lower case, `[a-z0-9._:@-]` with all else percent-encoded, at most `KEY_LIMIT` long."""
    text = f"{kind}:{quote(name.lower(), safe='.:@-_', errors='surrogatepass')}".lower().replace("~", "%7e")
    if len(text) <= KEY_LIMIT:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[: KEY_LIMIT - len(digest) - 1]}-{digest}"


def _candidates(finding: Finding, zone_of: ZoneOf, asset_of: AssetOf) -> Iterator[tuple[str, str]]:
    """Every entity of the finding, the preferred first; the last always exists."""
    account = is_about_account(finding)
    for name in _host_names(finding, account):
        asset = asset_of(name)
        if asset:
            yield "host", asset
    users = [("user", name) for name in _user_names(finding)]
    yield from users if account else ()
    addresses = list(_addresses(finding))
    yield from (("ip", ip) for ip in addresses if zone_of(ip) is Zone.INSIDE)
    yield from (("ip", ip) for ip in addresses)
    yield from (("domain", item.value) for item in finding.observables if item.type is ObservableType.DOMAIN)
    yield from users
    yield "detector", finding.detector


def is_about_account(finding: Finding) -> bool:
    """Whether the finding is about what somebody did with an account, rather than about a machine."""
    if not any(_user_names(finding)):
        return False
    category = finding.category.lower()
    techniques = {technique.partition(".")[0] for technique in finding.techniques}
    return bool(techniques & IDENTITY_TECHNIQUES) or any(word in category for word in _IDENTITY_WORDS)


def _host_names(finding: Finding, account: bool) -> Iterator[str]:
    """Everything that may name an asset of ours, our most likely side first."""
    yield from _names(finding.source)
    if account:
        return
    yield from _names(finding.destination)
    for item in finding.observables:
        if item.type in (ObservableType.HOST, ObservableType.IP, ObservableType.DOMAIN):
            yield item.value


def _names(end: Endpoint | None) -> Iterator[str]:
    if end is not None:
        yield from (name for name in (end.host, end.ip) if name)


def _user_names(finding: Finding) -> Iterator[str]:
    for end in (finding.source, finding.destination):
        if end is not None and end.user:
            yield end.user
    yield from (item.value for item in finding.observables if item.type is ObservableType.USER)


def _addresses(finding: Finding) -> Iterator[str]:
    for end in (finding.source, finding.destination):
        if end is not None and end.ip:
            yield end.ip
    yield from (item.value for item in finding.observables if item.type is ObservableType.IP)


def joins(incident: Incident, finding: Finding, window: timedelta = WINDOW) -> bool:
    """Whether a finding with the incident's key belongs to it: it is open, and the time is within `window` of it."""
    near = incident.first_seen - finding.time <= window and finding.time - incident.last_seen <= window
    return near and incident.state is IncidentState.OPEN


def open_incident(incident_id: str, incident_key: str, generation: int, finding: Finding, now: datetime) -> Incident:
    """A new incident with its first finding."""
    return Incident(
        id=incident_id,
        key=incident_key,
        generation=generation,
        state=IncidentState.OPEN,
        title=finding.title,
        severity=finding.severity,
        confidence=finding.confidence,
        opened_at=now,
        first_seen=finding.time,
        last_seen=finding.time,
        finding_ids=(finding.id,),
        submitters=(finding.submitter,) if finding.submitter else (),
    )


def open_manual(incident_id: str, principal: str, title: str, now: datetime) -> Incident:
    """An incident that a person opened by asking for an action; no finding ever joins it."""
    return Incident(
        id=incident_id,
        key=key("manual", incident_id),
        generation=1,
        state=IncidentState.OPEN,
        title=title,
        severity=Severity.MEDIUM,
        confidence=None,
        opened_at=now,
        first_seen=now,
        last_seen=now,
        finding_ids=(),
        submitters=(principal,),
    )


def merge(incident: Incident, finding: Finding) -> Incident:
    """The incident with one more finding. Findings in any order, and twice, give the same content.

    The title is that of the gravest finding, among equals the one that sorts first.
    """
    gravest = max(incident.severity, finding.severity, key=lambda severity: severity.rank)
    titles = ((incident.severity, incident.title), (finding.severity, finding.title))
    confidences = [value for value in (incident.confidence, finding.confidence) if value is not None]
    submitters = {*incident.submitters, *([finding.submitter] if finding.submitter else [])}
    return incident.model_copy(
        update={
            "title": min(title for severity, title in titles if severity is gravest),
            "severity": gravest,
            "confidence": max(confidences, default=None),
            "first_seen": min(incident.first_seen, finding.time),
            "last_seen": max(incident.last_seen, finding.time),
            "finding_ids": tuple(sorted({*incident.finding_ids, finding.id})),
            "submitters": tuple(sorted(submitters)),
        }
    )
