"""STIX bundles: makers, limits, times, and every refusal at its place."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import InvalidInput
from engine.intel.reading import read
from engine.intel.records import Reading, Terms
from engine.model.base import Json
from engine.model.context import Indicator

CIRCL = "identity--55f6ea5e-2c60-40e5-964f-47a8950d210f"
TERMS = Terms(feed="exchange", confidence=0.3)
WHEN = "2026-11-20T22:05:00.123Z"


def indicator(**changes: object) -> Json:
    said: dict[str, object] = {
        "type": "indicator",
        "spec_version": "2.1",
        "id": "indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        "created_by_ref": CIRCL,
        "created": WHEN,
        "modified": WHEN,
        "pattern": "[ipv4-addr:value = '198.51.100.23']",
        "pattern_type": "stix",
        "valid_from": WHEN,
        "confidence": 85,
    }
    kept = {name: value for name, value in {**said, **changes}.items() if value is not None}
    return json.loads(json.dumps(kept))  # type: ignore[no-any-return]


def identity(name: str = "CIRCL") -> Json:
    return {"type": "identity", "id": CIRCL, "name": name}


def marking(reference: str, **said: object) -> Json:
    return json.loads(json.dumps({"type": "marking-definition", "id": reference, **said}))  # type: ignore[no-any-return]


def bundle(*objects: Json) -> bytes:
    return json.dumps({"type": "bundle", "id": "bundle--1", "objects": objects}, indent=1).encode()


def reading(*objects: Json, terms: Terms = TERMS) -> Reading:
    return read("feed.json", bundle(*objects), terms)


def only(*objects: Json, terms: Terms = TERMS) -> Indicator:
    (found,) = reading(*objects, terms=terms).indicators
    return found


def test_an_indicator_has_everything_its_object_says() -> None:
    green = "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
    said = indicator(valid_until="2026-12-20T22:05:00Z", object_marking_refs=[green], labels=["PAP:AMBER", "c2"])
    seen = datetime(2026, 11, 20, 22, 5, 0, 123000, tzinfo=UTC)
    assert only(said, identity()) == Indicator(
        type="ip",
        value="198.51.100.23",
        origin="exchange",
        owner="CIRCL",
        seen_at=seen,
        confidence=0.85,
        valid_until=datetime(2026, 12, 20, 22, 5, tzinfo=UTC),
        tlp="green",
        pap="amber",
        source_id="indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
        revised_at=seen,
    )


def test_every_value_of_a_pattern_is_one_indicator_of_the_same_record() -> None:
    found = reading(indicator(pattern="[ipv4-addr:value = '192.0.2.1'] OR [domain-name:value = 'a.example']"))
    assert [one.value for one in found.indicators] == ["192.0.2.1", "a.example"]
    assert len({one.source_id for one in found.indicators}) == 1


@pytest.mark.parametrize(
    ("changes", "terms", "owner", "confidence"),
    [
        ({}, TERMS, "CIRCL", 0.85),
        ({"created_by_ref": None}, TERMS, "", 0.85),
        ({"created_by_ref": None}, TERMS.model_copy(update={"owner": "us"}), "us", 0.85),
        ({"created_by_ref": "identity--unknown"}, TERMS, "identity--unknown", 0.85),
        ({"confidence": None}, TERMS, "CIRCL", 0.3),
        ({"confidence": 0}, TERMS, "CIRCL", 0.0),
    ],
)
def test_what_a_record_does_not_say_the_terms_of_its_import_do(
    changes: Json, terms: Terms, owner: str, confidence: float
) -> None:
    found = only(indicator(**changes), identity(), terms=terms)
    assert (found.owner, found.confidence) == (owner, confidence)


@pytest.mark.parametrize(
    ("references", "tlp", "pap"),
    [
        (["marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"], "clear", None),
        (["marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"], "green", None),
        (["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"], "amber", None),
        (["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"], "red", None),
        (["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"], "clear", None),
        (["marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421"], "amber", None),
        (["marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"], "amber+strict", None),
        (["marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"], "red", None),
        (["marking-definition--own-amber"], "amber", None),
        (["marking-definition--own-strict"], "amber+strict", None),
        (["marking-definition--pap-red"], None, "red"),
        (["marking-definition--copyright"], None, None),
        (["marking-definition--own-amber", "marking-definition--own-strict"], "amber+strict", None),
        ([], None, None),
    ],
)
def test_the_strictest_marking_counts(references: list[str], tlp: str | None, pap: str | None) -> None:
    markings = (
        marking("marking-definition--own-amber", definition_type="tlp", definition={"tlp": "amber"}),
        marking("marking-definition--own-strict", extensions={"x": {"tlp_2_0": "amber+strict"}}),
        marking("marking-definition--pap-red", name="PAP:RED", definition_type="statement"),
        marking("marking-definition--copyright", definition={"statement": "Copyright: tell whom you like"}),
    )
    found = only(*markings, indicator(object_marking_refs=references))
    assert (found.tlp, found.pap) == (tlp, pap)


def test_a_marking_of_one_field_limits_the_whole() -> None:
    granular = [{"marking_ref": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed", "selectors": ["pattern"]}]
    assert only(indicator(granular_markings=granular)).tlp == "red"


@pytest.mark.parametrize(
    "object_refs",
    [
        {"object_marking_refs": ["marking-definition--nowhere"]},
        {"object_marking_refs": ["marking-definition--strange"]},
        {"labels": ["TLP:PURPLE"]},
    ],
)
def test_what_is_limited_nobody_knows_how_is_not_used(object_refs: Json) -> None:
    found = reading(marking("marking-definition--strange", name="TLP:ULTRAVIOLET"), indicator(**object_refs))
    assert (len(found.indicators), len(found.refused)) == (0, 1)


def test_a_revoked_indicator_has_ended() -> None:
    found = only(indicator(revoked=True, valid_until="2027-01-01T00:00:00Z"))
    assert found.valid_until == found.seen_at


def test_an_end_is_set_where_there_is_none() -> None:
    terms = TERMS.model_copy(update={"valid_for": timedelta(days=30)})
    ends = [only(indicator(valid_until=until), terms=terms).valid_until for until in (None, "2027-01-01T00:00:00Z")]
    assert ends == [datetime(2026, 12, 20, 22, 5, 0, 123000, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pattern": "[file:name = 'a.exe']"},
            "pattern `[file:name = 'a.exe']`: `file:name` names nothing that is looked up here",
        ),
        ({"valid_from": None}, "`valid_from`: field required"),
        ({"valid_from": "2026-11-20T22:05:00"}, "`valid_from`: input should have timezone info"),
        (
            {"valid_from": "1926-11-20T22:05:00Z"},
            "`valid_from`: 1926-11-20T22:05:00+00:00 is not between 1990 and 2100",
        ),
        ({"confidence": 101}, "`confidence`: input should be less than or equal to 100"),
        ({"pattern": None}, "`pattern`: field required"),
    ],
)
def test_what_is_not_understood_is_named_at_its_place(changes: Json, message: str) -> None:
    found = reading(identity(), indicator(**changes), indicator())
    assert [str(error) for error in found.refused] == [
        f"feed.json:10:3: `indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f`: {message}"
    ]
    assert len(found.indicators) == 1


def test_what_is_no_malicious_value_is_passed_over_and_counted() -> None:
    found = reading(
        identity(),
        indicator(pattern_type="yara", pattern="rule x {}"),
        indicator(indicator_types=["benign"]),
        indicator(labels=["benign"]),
        {"type": "malware"},
    )
    assert found.indicators == []
    assert found.skipped == {
        "object of type identity": 1,
        "object of type malware": 1,
        "pattern of type yara": 1,
        "indicator of what is benign": 2,
    }


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"type": "bundle",\n "objects": [{"type": "indicator"}', "feed.json:2:35: not JSON: `,` or `]` is missing"),
        (b'{"type": "bundle", "objects": [nonsense]}', "feed.json:1:32: not JSON: expecting value"),
        (b'{"objects": [{"confidence": NaN}]}', "feed.json:1:14: not JSON: `NaN` is no number of JSON"),
        (b'{"objects": ["\xff"]}', "feed.json: is not UTF-8 text at byte 14"),
        (b'{"objects": []} x', "feed.json:1:17: not JSON: something follows its end"),
        (b'{"objects" []}', "feed.json:1:12: not JSON: `:` is missing"),
        (b'{"objects": [],}', "feed.json:1:16: not JSON: a name is missing"),
        (b'{"name": "x"}', "feed.json:1:1: is no STIX bundle, MISP event or MISP warning list, and no CSV"),
        (b"[1, 2]", "feed.json:1:1: is no STIX bundle, MISP event or MISP warning list, and no CSV"),
        (b"\x1f\x8bxxxx", "feed.json: cannot be unpacked: "),
        (b'{"objects": [' + b"[" * 100_000, "feed.json:1:14: not JSON: it is nested too deeply"),
    ],
)
def test_a_broken_file_is_refused_whole_at_its_place(data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read("feed.json", data, TERMS)
    assert str(caught.value).startswith(message)


def test_objects_that_are_none_are_refused_one_by_one() -> None:
    found = read("feed.json", b'{"objects": [1,\n null]}', TERMS)
    assert [str(error) for error in found.refused] == [
        "feed.json:1:14: an object is missing",
        "feed.json:2:2: an object is missing",
    ]


def test_names_may_stand_behind_what_names_them_and_arrays_be_empty() -> None:
    assert only(indicator(), identity("Harbour CERT ")).owner == "Harbour CERT"
    assert reading().indicators == []
