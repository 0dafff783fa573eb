"""What OCSF 1.3.0 requires of the two classes that leave here, and which numbers its enumerations have.

Written down from schema.ocsf.io/1.3.0: classes/detection_finding, classes/remediation_activity, objects/metadata,
objects/product, objects/finding_info, objects/analytic, objects/attack, objects/d3fend, objects/observable.
"""

from collections.abc import Iterator

from pydantic import JsonValue

from engine.model.base import Json

BASE = ("activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata")
REQUIRED = {2004: (*BASE, "finding_info"), 7001: (*BASE, "command_uid")}
CATEGORIES = {2004: 2, 7001: 7}
ENUMS = {
    2004: {"activity_id": {0, 1, 2, 3, 99}, "status_id": {0, 1, 2, 3, 4, 5, 6, 99}, "confidence_id": {0, 1, 2, 3, 99}},
    7001: {"activity_id": {0, 1, 2, 3, 4, 99}, "status_id": {0, 1, 2, 3, 4, 5, 6, 99}},
}
SEVERITIES = {0, 1, 2, 3, 4, 5, 6, 99}
WITHIN = {
    "metadata": ("product", "version"),
    "metadata.product": ("vendor_name",),
    "finding_info": ("title", "uid"),
    "finding_info.analytic": ("type_id",),
    "observables": ("name", "type_id"),
}
ONE_OF = {"countermeasures": ("d3f_tactic", "d3f_technique"), "finding_info.attacks": ("tactic", "technique")}
NAMED = {99: {"activity_id": "activity_name", "status_id": "status"}}
"""What has to say in words what its number does not."""


def problems(event: Json) -> list[str]:
    """All that an event has not, or has otherwise."""
    return [*_of_class(event), *_of_objects(event)]


def _of_class(event: Json) -> Iterator[str]:
    of = event["class_uid"]
    assert isinstance(of, int)
    yield from (f"{name} is missing" for name in REQUIRED[of] if name not in event)
    found = {**ENUMS[of], "severity_id": SEVERITIES, "category_uid": {CATEGORIES[of]}}
    yield from (
        f"{name} is {event[name]}" for name, known in found.items() if name in event and event[name] not in known
    )
    yield from (["type_uid"] if event["type_uid"] != of * 100 + _number(event["activity_id"]) else [])
    yield from (
        f"{words} is missing" for name, words in NAMED[99].items() if event.get(name) == 99 and not event.get(words)
    )
    yield from (["time is no timestamp_t"] if _number(event["time"]) < 10**12 else [])


def _of_objects(event: Json) -> Iterator[str]:
    for path, needed in WITHIN.items():
        yield from (f"{path}.{name} is missing" for one in _at(event, path) for name in needed if name not in one)
    for path, either in ONE_OF.items():
        yield from (f"{path} has none of {either}" for one in _at(event, path) if not {*either} & one.keys())


def _at(value: JsonValue, path: str) -> list[Json]:
    first, _, rest = path.partition(".")
    inner = value.get(first) if isinstance(value, dict) else None
    found = inner if isinstance(inner, list) else [inner]
    return (
        [deep for one in found for deep in _at(one, rest)] if rest else [one for one in found if isinstance(one, dict)]
    )


def _number(value: JsonValue) -> int:
    assert isinstance(value, int)
    return value
