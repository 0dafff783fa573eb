"""Files as others publish them: every record is taken, passed over with its reason, or refused with it."""

from pathlib import Path

import pytest

from engine.intel.reading import read
from engine.intel.records import Reading, Terms
from engine.intel.warned import Warned
from engine.model.finding import Observable, ObservableType


def reading(file: Path) -> Reading:
    return read(file.name, file.read_bytes(), Terms(feed=file.stem))


@pytest.fixture(scope="module")
def warned(data: Path) -> Warned:
    """Every published warning list there is."""
    found = [reading(file) for file in sorted((data / "ti").glob("warninglist-*.json"))]
    assert len(found) >= 10
    assert [error for one in found for error in one.refused] == []
    return Warned(listed for one in found for listed in one.lists)


@pytest.mark.parametrize(
    ("kind", "value", "warnings"),
    [
        ("ip", "10.0.0.5", {"shared"}),
        ("ip", "104.16.1.1", {"cdn"}),
        ("ip", "8.8.8.8", {"resolver"}),
        ("domain", "google.com", {"popular"}),
        ("domain", "anything.duckdns.org", {"shared"}),
        ("url", "http://104.16.1.1/x", {"cdn"}),
        ("ip", "203.0.113.9", set()),
    ],
)
def test_well_known_values_are_found(warned: Warned, kind: str, value: str, warnings: set[str]) -> None:
    listed = warned.lookup(Observable(type=ObservableType(kind), value=value))
    assert {on.kind.value for on in listed} == warnings


@pytest.mark.parametrize(
    ("name", "indicators", "refused"),
    [
        ("existing_event.json", 68, 0),
        ("galaxy_1.json", 4, 0),
        ("event_obj_attr_tag.json", 0, 1),
        ("attribute.json", 0, 0),
    ],
)
def test_events_are_read(data: Path, name: str, indicators: int, refused: int) -> None:
    found = reading(data / "ti" / "misp_events" / name)
    assert (len(found.indicators), len(found.refused)) == (indicators, refused)
    assert {one.owner for one in found.indicators} <= {"CIRCL"}


def test_bundles_without_indicators_have_none_and_nothing_is_refused(data: Path) -> None:
    found = [reading(file) for file in sorted((data / "ti").glob("*.stix.json"))]
    assert [(one.format, one.indicators, one.refused) for one in found] == [("stix", [], [])] * len(found)
    assert len(found) >= 3
