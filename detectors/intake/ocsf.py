"""OCSF: Detection Finding (class 2004), and Security Finding (2001) of versions before 1.1. Other classes are skipped.

Source: schema.ocsf.io. A finding that its product closed, suppressed or resolved is no longer a claim, and is skipped.
The identity is the product's own uid and the severity: an update that repeats itself is a duplicate, one that makes it
graver is news. What is wrong in the core (class, type, time, severity, confidence, endpoints) refuses the record; an
observable that is no such thing is left out.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from detectors.intake import identity, moments
from detectors.intake.evidence import bounded, cut
from detectors.intake.fields import Fields
from detectors.intake.sightings import endpoint, observable, of_endpoints, unique
from detectors.intake.vocabulary import CONFIDENCE, detector_name, technique_ids
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity

_CLASSES: Mapping[int, str] = {2004: "finding_info", 2001: "finding"}
"""The classes we read, and the object in which each tells what was found."""

_CLOSE = 3
"""Activity: the finding was closed."""

_OVER = (3, 4, 5, 6)
"""Status (2004) and state (2001): suppressed, resolved, archived, deleted."""

_SEVERITIES: Mapping[int, Severity] = {
    1: Severity.INFORMATIONAL,
    2: Severity.LOW,
    3: Severity.MEDIUM,
    4: Severity.HIGH,
    5: Severity.CRITICAL,
    6: Severity.CRITICAL,
}
_UNSTATED_SEVERITY = Severity.MEDIUM
"""For 0 (unknown) and 99 (other)."""

_CONFIDENCES: Mapping[int, float] = {1: CONFIDENCE["low"], 2: CONFIDENCE["medium"], 3: CONFIDENCE["high"]}
_OBSERVABLES: Mapping[int, ObservableType] = {
    1: ObservableType.HOST,
    2: ObservableType.IP,
    4: ObservableType.USER,
    5: ObservableType.EMAIL,
    6: ObservableType.URL,
    8: ObservableType.HASH,
    9: ObservableType.PROCESS,
    21: ObservableType.USER,
    30: ObservableType.HASH,
}
_CONTEXT = ("message", "evidences", "resources", "impact", "risk_level", "risk_score", "malware", "status", "unmapped")


class OcsfFormat:
    """Findings of any product that writes OCSF, one JSON object each."""

    name = "ocsf"

    def recognises(self, record: Json) -> bool:
        """Every OCSF event names its class by number."""
        return "class_uid" in record

    def kind(self, record: Json) -> str:
        """The class, or that the finding is over."""
        number = record.get("class_uid")
        if isinstance(number, int) and number in _CLASSES:
            return f"class {number}, over: closed, suppressed or resolved"
        return cut(f"class {number} {record.get('class_name', '')}".strip(), 60)

    def normalise(self, record: Json, file: str, line: int) -> Finding | None:
        """The finding; None for any other class and for a finding that is over."""
        event = Fields(record, file, line)
        number = event.integer("class_uid", 0, 10**9)
        if number not in _CLASSES or _is_over(event, number):
            return None
        return _finding(event, event.child(_CLASSES[number]), file, line)


def _finding(event: Fields, info: Fields, file: str, line: int) -> Finding:
    product = event.child("metadata").child("product")
    detector, version = _detector(info, product)
    time, reported = _time(event)
    severity = _SEVERITIES.get(event.integer("severity_id", 0, 99), _UNSTATED_SEVERITY)
    source, destination = _ends(event)
    observables = unique([*of_endpoints(source, destination), *_seen(event)])
    title = info.optional_text("title") or event.text("message")
    uid = info.optional_text("uid")
    content = (detector, time, (source, destination), title, observables)
    return Finding(
        id=identity.from_product(_maker(product), uid, severity) if uid else identity.from_content(*content),
        detector=detector,
        detector_version=version,
        time=time,
        reported_time=reported,
        severity=severity,
        confidence=_confidence(event),
        category=_category(info),
        title=title,
        tags=("ocsf", *(cut(tag, 80) for tag in event.child("metadata").texts("labels")[:15])),
        techniques=_techniques(event, info),
        observables=observables,
        source=source,
        destination=destination,
        origin=Origin(product=_maker(product), file=file, line=line),
        evidence=_evidence(event, info),
    )


def _is_over(event: Fields, number: int) -> bool:
    """Whether the product itself is done with it; checks on the way that class, activity and type agree."""
    activity = event.integer("activity_id", 0, 99)
    type_uid = event.optional_integer("type_uid", 0, 10**11)
    if type_uid not in (None, number * 100 + activity):
        raise event.wrong("type_uid", f"expected {number * 100 + activity} (class and activity), found {type_uid}")
    state = event.optional_integer("status_id" if number == 2004 else "state_id", -1, 99)
    return activity == _CLOSE or state in _OVER


def _time(event: Fields) -> tuple[datetime, str]:
    """When it happened, and as the product wrote it: milliseconds, or the text of the date/time profile."""
    milliseconds = event.optional_integer("time", 0, 10**15)
    name = "time_dt" if milliseconds is None and event.has("time_dt") else "time"
    try:
        if name == "time":
            milliseconds = event.integer("time", 0, 10**15)
            return moments.from_milliseconds(milliseconds), str(milliseconds)
        text = event.text("time_dt")
        return moments.from_text(text)[0], text
    except ValueError as error:
        raise event.wrong(
            name, f"{error}; expected milliseconds since 1970" if name == "time" else str(error)
        ) from None


def _detector(info: Fields, product: Fields) -> tuple[str, str]:
    """The analytic within the product, with its version, or else the product with its own."""
    analytic = info.child("analytic")
    named = (
        analytic.optional_text("name")
        or analytic.optional_text("uid")
        or product.child("feature").optional_text("name")
    )
    detector = detector_name(_maker(product), named or "")
    return detector, cut(analytic.optional_text("version") or product.optional_text("version") or "unknown", 80)


def _maker(product: Fields) -> str:
    return cut(product.optional_text("name") or product.optional_text("vendor_name") or "ocsf", 200)


def _confidence(event: Fields) -> float | None:
    """The score (0 to 100) where there is one, else what the level stands for; unknown and other are none."""
    for name in ("confidence_score", "confidence"):
        if isinstance(event.value.get(name), str) and name == "confidence":
            continue
        score = event.optional_integer(name, 0, 100)
        if score is not None:
            return score / 100
    return _CONFIDENCES.get(event.optional_integer("confidence_id", 0, 99) or 0)


def _category(info: Fields) -> str:
    words = (*info.texts("types"), *info.child("analytic").texts("category"))
    return cut(words[0], 200) if words else "detection"


def _techniques(event: Fields, info: Fields) -> tuple[str, ...]:
    """The most exact technique of every attack named, in the event or in its finding."""
    attacks = (*event.children("attacks"), *info.children("attacks"))
    uids = [uid for attack in attacks for uid in _attack(attack)]
    return technique_ids(uids)


def _attack(attack: Fields) -> Iterator[str]:
    for name in ("sub_technique", "technique"):
        uids = [uid for technique in attack.children(name) if (uid := technique.optional_text("uid"))]
        if uids:
            yield from uids
            return


def _ends(event: Fields) -> tuple[Endpoint | None, Endpoint | None]:
    """Source and destination: of the first evidence that has any, else of the event itself."""
    for part in (*event.children("evidences"), event):
        user = _user(part.child("actor").child("user"))
        source, destination = _end(part.child("src_endpoint"), user), _end(part.child("dst_endpoint"), None)
        if source or destination:
            return source, destination
    return None, None


def _end(end: Fields, user: str | None) -> Endpoint | None:
    host = end.optional_text("hostname") or end.optional_text("name")
    owner = _user(end.child("owner")) or user
    return endpoint(end.optional_address("ip"), end.optional_integer("port", 0, 65535), host, owner)


def _user(user: Fields) -> str | None:
    return user.optional_text("name") or user.optional_text("email_addr")


def _seen(event: Fields) -> Iterator[Observable | None]:
    """The observables listed, and what evidences, device and resources name."""
    for item in event.children("observables"):
        kind, value = item.value.get("type_id"), item.value.get("value")
        if isinstance(kind, int) and kind in _OBSERVABLES and isinstance(value, str):
            yield observable(_OBSERVABLES[kind], value)
    for part in (*event.children("evidences"), event):
        yield from _of_part(part)
    for resource in event.children("resources"):
        yield _resource(resource)


def _of_part(part: Fields) -> Iterator[Observable | None]:
    device = part.child("device")
    yield observable(ObservableType.HOST, device.optional_text("hostname") or device.optional_text("name"))
    yield observable(ObservableType.IP, device.optional_text("ip"))
    yield observable(ObservableType.USER, _user(part.child("actor").child("user")))
    yield observable(ObservableType.USER, _user(part.child("user")))
    yield observable(ObservableType.DOMAIN, part.child("query").optional_text("hostname"))
    yield observable(ObservableType.DOMAIN, part.child("dst_endpoint").optional_text("domain"))
    yield observable(ObservableType.URL, part.child("url").optional_text("url_string"))
    yield observable(ObservableType.PROCESS, part.child("process").optional_text("name"))
    yield observable(ObservableType.MESSAGE, part.child("email").optional_text("message_uid"))
    for digest in part.child("file").children("hashes"):
        yield observable(ObservableType.HASH, digest.optional_text("value"))


def _resource(resource: Fields) -> Observable | None:
    """What the finding says is affected, as far as its type tells that it is a host or a user."""
    kind = (resource.optional_text("type") or "").lower()
    named = resource.optional_text("name") or resource.optional_text("uid")
    if kind in ("user", "account"):
        return observable(ObservableType.USER, named)
    if kind in ("host", "device", "server", "workstation"):
        return observable(ObservableType.HOST, named)
    return None


def _evidence(event: Fields, info: Fields) -> Json:
    fields: dict[str, JsonValue] = {name: event.value.get(name) for name in _CONTEXT}
    about: Json = {name: value for name, value in info.value.items() if name not in ("title", "attacks")}
    return bounded(fields | {"finding": about})
