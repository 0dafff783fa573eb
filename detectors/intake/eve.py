"""Suricata EVE: the alert records of `eve.json`. Other event types (flow, dns, stats …) are no findings.

Source: the Suricata user guide, "Eve JSON Format". Every signature is a detector of its own (`suricata.<gid>.<sid>`,
version `rev`), because each has its own precision. Source and destination are those of the packet that alerted.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from detectors.intake import identity, moments
from detectors.intake.evidence import bounded, cut
from detectors.intake.fields import Fields
from detectors.intake.sightings import endpoint, observable, of_endpoints, site, unique
from detectors.intake.vocabulary import detector_name, lowest_confidence, technique_ids
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity

_SEVERITIES: Mapping[int, Severity] = {1: Severity.HIGH, 2: Severity.MEDIUM, 3: Severity.LOW}
"""A signature's priority: 1 is the gravest, 4 and up only inform (255 is the largest)."""

_LARGEST = 2**32 - 1
_NO_ZONE = "the timestamp has no zone: taken as UTC"
_CONTEXT = (
    "app_proto",
    "proto",
    "direction",
    "in_iface",
    "host",
    "flow",
    "http",
    "dns",
    "tls",
    "smtp",
    "email",
    "files",
)
_PAYLOADS = ("payload_printable", "payload")


class EveFormat:
    """Alerts of Suricata, one JSON object each."""

    name = "eve"

    def recognises(self, record: Json) -> bool:
        """Every EVE record has an event type and a timestamp."""
        return isinstance(record.get("event_type"), str) and "timestamp" in record

    def kind(self, record: Json) -> str:
        """The event type."""
        return f"event_type {cut(str(record.get('event_type')), 40)}"

    def normalise(self, record: Json, file: str, line: int) -> Finding | None:
        """The alert as a finding; None for any other event."""
        if record.get("event_type") != "alert":
            return None
        return _finding(Fields(record, file, line), Origin(product="suricata", file=file, line=line))


def _finding(event: Fields, origin: Origin) -> Finding:
    alert = event.child("alert")
    metadata = alert.child("metadata")
    time, zoned = _time(event)
    detector, title = _detector(alert), alert.text("signature")
    source, destination = _endpoint(event, "src"), _endpoint(event, "dest")
    observables = unique([*of_endpoints(source, destination), *_application(event)])
    transaction = (str(event.value.get(name)) for name in ("flow_id", "tx_id"))
    return Finding(
        id=identity.from_content(detector, time, (source, destination), title, observables, *transaction),
        detector=detector,
        detector_version=str(alert.optional_integer("rev", 0, _LARGEST) or 0),
        time=time,
        reported_time=event.text("timestamp"),
        severity=_SEVERITIES.get(alert.integer("severity", 1, 255), Severity.INFORMATIONAL),
        confidence=lowest_confidence(metadata.texts("confidence")),
        category=cut(alert.optional_text("category") or "uncategorised", 200),
        title=title,
        tags=_tags(alert, metadata),
        techniques=technique_ids(metadata.texts("mitre_technique_id")),
        observables=observables,
        source=source,
        destination=destination,
        origin=origin,
        evidence=_evidence(event, alert, zoned),
    )


def _time(event: Fields) -> tuple[datetime, bool]:
    try:
        return moments.from_text(event.text("timestamp"))
    except ValueError as error:
        raise event.wrong("timestamp", str(error)) from None


def _detector(alert: Fields) -> str:
    group, signature = alert.optional_integer("gid", 0, _LARGEST), alert.integer("signature_id", 0, _LARGEST)
    return detector_name("suricata", str(1 if group is None else group), str(signature))


def _endpoint(event: Fields, side: str) -> Endpoint | None:
    ip, port = event.optional_address(f"{side}_ip"), event.optional_integer(f"{side}_port", 0, 65535)
    return endpoint(ip, port, None, None)


def _application(event: Fields) -> Iterator[Observable | None]:
    """What the protocol parsers saw: names asked for, servers addressed, files and mail that passed."""
    dns = event.child("dns")
    queries = (*dns.children("query"), *dns.children("queries"), dns)
    for query in queries:
        yield observable(ObservableType.DOMAIN, query.optional_text("rrname"))
    yield site(event.child("tls").optional_text("sni"))
    yield site(event.child("http").optional_text("hostname"))
    for file in event.children("files"):
        yield observable(ObservableType.HASH, file.optional_text("sha256"))
    email = event.child("email")
    for sender in email.texts("from"):
        yield observable(ObservableType.EMAIL, sender)
    yield observable(ObservableType.MESSAGE, email.optional_text("message_id"))


def _tags(alert: Fields, metadata: Fields) -> tuple[str, ...]:
    words = ("suricata", *alert.texts("action"), *metadata.texts("tag"))
    return tuple(dict.fromkeys(cut(word, 80) for word in words))[:16]


def _evidence(event: Fields, alert: Fields, zoned: bool) -> Json:
    fields: dict[str, JsonValue] = {name: event.value.get(name) for name in (*_CONTEXT, *_PAYLOADS)}
    rule: Json = {name: value for name, value in alert.value.items() if name != "signature"}
    flow_id = event.value.get("flow_id")
    notes: list[JsonValue] = [] if zoned else [_NO_ZONE]
    return bounded(fields | {"rule": rule, "flow_id": None if flow_id is None else str(flow_id), "notes": notes})
