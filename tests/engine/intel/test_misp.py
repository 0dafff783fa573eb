"""MISP events: what is meant for detection, whose it is, and what limits it."""

import json
from datetime import UTC, datetime

import pytest

from engine.intel.reading import read
from engine.intel.records import Reading, Terms
from engine.model.base import Json
from engine.model.context import Indicator

TERMS = Terms(feed="misp", confidence=0.5)
MD5 = "79054025255fb1a26e4bc422aef54eb4"
SEEN = datetime(2026, 11, 20, 22, 5, tzinfo=UTC)


def attribute(kind: str = "ip-dst", value: str = "198.51.100.23", *tags: str, **changes: object) -> Json:
    said = {
        "uuid": "5a3c2fda-78f4-44b7-8366-46da02de0b81",
        "type": kind,
        "value": value,
        "to_ids": True,
        "timestamp": str(int(SEEN.timestamp())),
        "deleted": False,
        "Tag": [{"name": name, "colour": "#fff"} for name in tags],
        **changes,
    }
    return json.loads(json.dumps(said))  # type: ignore[no-any-return]


def event(*attributes: Json, tags: tuple[str, ...] = (), **more: object) -> Json:
    head = {"info": "ransomware", "date": "2026-11-19", "Orgc": {"name": "CIRCL"}, "Org": {"name": "US"}}
    said = {**head, "Attribute": attributes, "Tag": [{"name": name} for name in tags], **more}
    return json.loads(json.dumps(said))  # type: ignore[no-any-return]


def reading(said: object) -> Reading:
    return read("event.json", json.dumps(said).encode(), TERMS)


def only(said: Json) -> Indicator:
    (found,) = reading(said).indicators
    return found


@pytest.mark.parametrize("wrap", [lambda e: e, lambda e: {"Event": e}, lambda e: {"response": [{"Event": e}]}])
def test_an_event_is_read_in_every_form_it_comes_in(wrap: object) -> None:
    whole = wrap(event(attribute("ip-dst", "198.51.100.23", "PAP:GREEN"), tags=("tlp:amber+strict",)))  # type: ignore[operator]
    assert only(whole) == Indicator(
        type="ip",
        value="198.51.100.23",
        origin="misp",
        owner="CIRCL",
        seen_at=SEEN,
        confidence=0.5,
        tlp="amber+strict",
        pap="green",
        source_id="5a3c2fda-78f4-44b7-8366-46da02de0b81",
        revised_at=SEEN,
    )


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("ip-src", "2001:DB8::1", ("ip", "2001:db8::1")),
        ("hostname", "C2.bad.example", ("domain", "c2.bad.example")),
        ("domain|ip", "bad.example|198.51.100.23", ("domain", "bad.example")),
        ("url", "http://bad.example/x", ("url", "http://bad.example/x")),
        ("email-src", "eve@bad.example", ("email", "eve@bad.example")),
        ("md5", MD5.upper(), ("hash", MD5)),
        ("filename|md5", f"a.exe|{MD5}", ("hash", MD5)),
    ],
)
def test_types_that_name_a_value_are_read(kind: str, value: str, found: tuple[str, str]) -> None:
    indicator = only(event(attribute(kind, value)))
    assert (indicator.type, indicator.value) == found


def test_what_is_not_meant_or_says_less_is_passed_over_and_counted() -> None:
    found = reading(
        event(
            attribute(to_ids=False),
            attribute("ip-dst|port", "198.51.100.23|443"),
            attribute("filename", "a.exe"),
            attribute("yara", "rule x {}"),
        )
    )
    assert found.indicators == []
    assert sorted(found.skipped.items()) == [
        ("attribute of type filename", 1),
        ("attribute of type ip-dst|port", 1),
        ("attribute of type yara", 1),
        ("attribute that is not for detection", 1),
    ]


def test_attributes_of_objects_are_read_too() -> None:
    held = {"name": "file", "Attribute": [attribute("md5", MD5), attribute("filename", "a.exe")]}
    found = reading(event(Object=[held]))
    assert [one.value for one in found.indicators] == [MD5]


@pytest.mark.parametrize(
    ("own", "around", "tlp", "pap"),
    [
        (("tlp:white",), (), "clear", None),
        (("tlp:green",), ("tlp:red",), "red", None),
        (("TLP:AMBER", "PAP:RED"), ("pap:clear",), "amber", "red"),
        (("type:OSINT",), (), None, None),
    ],
)
def test_the_strictest_tag_of_attribute_and_event_counts(
    own: tuple[str, ...], around: tuple[str, ...], tlp: str | None, pap: str | None
) -> None:
    found = only(event(attribute("ip-dst", "198.51.100.23", *own), tags=around))
    assert (found.tlp, found.pap) == (tlp, pap)


@pytest.mark.parametrize(
    ("tag", "confidence"),
    [
        ('misp:confidence-level="completely-confident"', 1.0),
        ('misp:confidence-level="rarely-confident"', 0.25),
        ('misp:confidence-level="who-knows"', 0.5),
        ("confident", 0.5),
    ],
)
def test_confidence_is_what_its_taxonomy_says(tag: str, confidence: float) -> None:
    assert only(event(attribute("ip-dst", "198.51.100.23", tag))).confidence == confidence


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"first_seen": "2026-11-01T00:00:00+01:00"}, datetime(2026, 10, 31, 23, tzinfo=UTC)),
        (
            {"first_seen": "2026-11-01T00:00:00Z", "last_seen": "2026-11-02T00:00:00Z"},
            datetime(2026, 11, 2, tzinfo=UTC),
        ),
        ({"timestamp": None}, datetime(2026, 11, 19, tzinfo=UTC)),
    ],
)
def test_seen_is_what_comes_closest_to_the_observation(changes: Json, seen: datetime) -> None:
    assert only(event(attribute("ip-dst", "198.51.100.23", **changes))).seen_at == seen


def test_a_deleted_attribute_has_ended() -> None:
    found = only(event(attribute(deleted=True)))
    assert found.valid_until == found.seen_at


def test_an_event_without_a_maker_has_no_owner() -> None:
    assert only(event(attribute(), Orgc={"name": ""}, Org={})).owner == ""


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (attribute(value="bad"), "`bad` is neither an address nor a network"),
        (attribute("filename|md5", MD5), f"`{MD5}` is no `filename|md5`"),
        (
            attribute("ip-dst", "192.0.2.1", "tlp:mauve"),
            "`tlp:mauve` is no TLP: clear, green, amber, amber+strict, red",
        ),
        (attribute(timestamp="soon"), "`timestamp`: input should be a valid datetime"),
    ],
)
def test_a_wrong_attribute_is_refused_by_its_id_and_the_rest_goes_on(wrong: Json, message: str) -> None:
    found = reading(event(wrong, attribute()))
    (refused,) = found.refused
    assert str(refused).startswith("event.json:1:")
    assert f"attribute `{wrong['uuid']}`: {message}" in str(refused)
    assert len(found.indicators) == 1


def test_what_does_not_say_when_it_was_seen_is_refused() -> None:
    found = reading(event(attribute(timestamp=None), date=""))
    assert "it does not say when it was seen" in str(found.refused[0])
