"""Our own format: one `Finding` as JSON. `id`, `reported_time` and `origin` may be left out and are derived.

Read strictly: no unknown fields, no text where a number belongs, times with their zone. An `id` of our own form is
kept, any other is taken as the product's name for the alert.
"""

import json
import re

from pydantic import ValidationError

from detectors.intake import identity, moments
from detectors.intake.evidence import cut
from detectors.intake.fields import Fields
from detectors.intake.sightings import endpoint, observable, of_endpoints, unique
from detectors.intake.vocabulary import technique_ids
from engine.digest import canonical
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Observable

LIMIT = 64 * 1024
"""Bytes of JSON that the evidence of one finding may have."""

_OWN_ID = re.compile(r"F-[0-9a-f]{16}")
_MARKS = ("detector", "severity", "title")


class FirelineFormat:
    """Findings of our own detectors, and of whoever writes this format."""

    name = "fireline"

    def recognises(self, record: Json) -> bool:
        """A finding names its detector, severity and title."""
        return all(mark in record for mark in _MARKS)

    def kind(self, record: Json) -> str:
        """Every record of this format is a finding."""
        return "finding"

    def normalise(self, record: Json, file: str, line: int) -> Finding:
        """The finding with everything derived and in canonical form."""
        fields = Fields(record, file, line)
        reported = fields.text("time")
        try:
            time, zoned = moments.from_text(reported)
        except ValueError as error:
            raise fields.wrong("time", str(error)) from None
        if not zoned:
            raise fields.wrong("time", "has no zone")
        given = fields.optional_text("id")
        derived: Json = {
            "id": given or "derived",
            "time": time.isoformat(),
            "reported_time": fields.optional_text("reported_time") or reported,
            "origin": _origin(fields, file, line),
        }
        finding = _respelled(_validated(record | derived, fields), fields).model_copy(update={"time": time})
        return finding if given and _OWN_ID.fullmatch(given) else finding.model_copy(update={"id": _id(finding, given)})


def _origin(fields: Fields, file: str, line: int) -> Json:
    product = fields.child("origin").optional_text("product") or fields.text("detector")
    return {"product": cut(product, 200), "file": file, "line": line}


def _validated(record: Json, fields: Fields) -> Finding:
    _check_evidence(fields)
    try:
        return Finding.model_validate_json(json.dumps(record), strict=True)
    except ValidationError as error:
        raise _complaint(error, fields) from None


def _check_evidence(fields: Fields) -> None:
    """Evidence has to fit, and to have the canonical form that digests need."""
    try:
        size = len(canonical(fields.value.get("evidence")))
    except InvalidInput as error:
        raise fields.wrong("evidence", error.message) from None
    if size > LIMIT:
        raise fields.wrong("evidence", f"over {LIMIT} bytes")


def _complaint(error: ValidationError, fields: Fields) -> InvalidInput:
    """The first thing wrong, and how many more."""
    first, *more = error.errors(include_url=False, include_context=False)
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])[1:]
    message = f"{first['msg'][0].lower()}{first['msg'][1:]}"
    return fields.wrong(cut(path, 120), f"{message} (and {len(more)} more)" if more else message)


def _respelled(finding: Finding, fields: Fields) -> Finding:
    """The same claim with addresses, names and techniques in the one spelling, or a complaint."""
    source, destination = _end(finding.source, "source", fields), _end(finding.destination, "destination", fields)
    techniques = technique_ids(finding.techniques)
    if len(techniques) != len(set(finding.techniques)):
        raise fields.wrong("techniques", "expected ATT&CK ids like `T1048` or `T1059.001`, each once")
    seen = [_seen(item, index, fields) for index, item in enumerate(finding.observables)]
    observables = unique([*seen, *of_endpoints(source, destination)])
    return finding.model_copy(
        update={"techniques": techniques, "observables": observables, "source": source, "destination": destination}
    )


def _end(end: Endpoint | None, side: str, fields: Fields) -> Endpoint | None:
    if end is None:
        return None
    return endpoint(fields.child(side).optional_address("ip"), end.port, end.host, end.user)


def _seen(item: Observable, index: int, fields: Fields) -> Observable:
    canonical = observable(item.type, item.value)
    if canonical is None:
        raise fields.wrong(f"observables[{index}].value", f"`{item.value[:80]}` is no {item.type}")
    return canonical


def _id(finding: Finding, given: str | None) -> str:
    if given:
        return identity.from_product(finding.detector, given)
    return identity.from_content(
        finding.detector, finding.time, (finding.source, finding.destination), finding.title, finding.observables
    )
