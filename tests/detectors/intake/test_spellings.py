"""The one spelling of times, names and addresses, and how much evidence is kept."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from detectors.intake.evidence import LIMIT, bounded, excerpt
from detectors.intake.moments import from_milliseconds, from_text
from detectors.intake.sightings import MOST, address, observable, unique
from detectors.intake.vocabulary import detector_name, technique_ids
from engine.digest import canonical
from engine.model.finding import ObservableType


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", "10.0.0.1"),
        (" 10.0.0.1 ", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("010.0.0.1", None),
        ("10.0.0.0/24", None),
        ("10.0.1", None),
        ("host", None),
        ("", None),
    ],
)
def test_an_address_has_one_spelling(text: str, expected: str | None) -> None:
    assert address(text) == expected


@pytest.mark.parametrize(
    ("text", "expected", "zoned"),
    [
        ("2026-11-21T03:11:02Z", datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC), True),
        ("2026-11-21t03:11:02z", datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC), True),
        ("2026-11-21T03:11:02.123456789+0530", datetime(2026, 11, 20, 21, 41, 2, 123456, tzinfo=UTC), True),
        ("2026-11-21 03:11:02,5-01:00", datetime(2026, 11, 21, 4, 11, 2, 500_000, tzinfo=UTC), True),
        ("2026-11-21T03:11:02", datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC), False),
    ],
)
def test_times_become_utc(text: str, expected: datetime, zoned: bool) -> None:
    assert from_text(text) == (expected, zoned)
    assert from_text(text)[0].tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-21", "20261121T031102Z", "2026-W47-6T03:11:02", "2026-11-21T03:11", "2026-11-21T03:11:60Z",
     "٢٠٢٦-11-21T03:11:02Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time|in the year|must be in"):
        from_text(text)


@given(st.integers(-(10**18), 10**18))
def test_milliseconds_are_a_plausible_time_or_refused(value: int) -> None:
    try:
        moment = from_milliseconds(value)
    except ValueError:
        assert not 631_152_000_000 <= value < 4_102_444_800_000
    else:
        assert moment.timestamp() * 1000 == pytest.approx(value, abs=1)


def test_the_same_thing_seen_often_is_kept_once_and_not_without_end() -> None:
    seen = [observable(ObservableType.IP, f"10.0.{number // 250}.{number % 250}") for number in range(600)]
    assert unique([*seen[:3], None, *seen[:3]]) == tuple(seen[:3])
    assert len(unique(seen)) == MOST


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("Suricata", "1", "2001219"), "suricata.1.2001219"),
        (("AWS Security Hub", ""), "aws-security-hub"),
        (("  ", "//"), "unnamed"),
        (("Ünïcode Sensor",), "n-code-sensor"),
    ],
)
def test_detectors_have_names_that_policies_can_spell(parts: tuple[str, ...], expected: str) -> None:
    assert detector_name(*parts) == expected


def test_techniques_are_ids_and_nothing_else() -> None:
    assert technique_ids(["t1048", "T1059_001", "T1048", "TA0011", "T10480", "Phishing", "T1059.001"]) == (
        "T1048",
        "T1059.001",
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(min_size=1, max_size=9), JSON, max_size=6))
def test_evidence_always_has_a_canonical_form(fields: dict[str, JsonValue]) -> None:
    assert canonical(bounded(fields))


def test_evidence_that_is_too_much_loses_its_largest_parts_and_names_them() -> None:
    kept = bounded(
        {"small": 1, "list": ["x" * 5000] * 10, "empty": None, "tree": {str(n): "y" * 900 for n in range(40)}}
    )
    assert (kept["small"], kept["left_out"], "empty" in kept) == (1, ["tree"], False)
    assert len(json.dumps(kept)) <= LIMIT + 100


def test_an_excerpt_is_cut_in_every_direction() -> None:
    assert excerpt([[[[[[["deep"]]]]]]]) == [[[[["…"]]]]]
    assert excerpt(2**60) == str(2**60)
    assert excerpt("x" * 2000) == "x" * 1023 + "…"
