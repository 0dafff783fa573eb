"""What a file changes in what is known."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import InvalidInput
from engine.intel.difference import Difference, compare, compare_lists, key_of
from engine.model.context import Indicator, WarningKind
from engine.model.intel import Matching, WarningList

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


def said(value: str = "192.0.2.1", record: str = "i--1", revised: int = 0, **changes: object) -> Indicator:
    return Indicator(
        type="ip",
        value=value,
        origin="feed",
        owner="circl",
        seen_at=NOW - HOUR,
        confidence=0.9,
        source_id=record,
        revised_at=NOW + timedelta(minutes=revised),
    ).model_copy(update=changes)


def known(*indicators: Indicator) -> dict[str, Indicator]:
    return {key_of(one): one for one in indicators}


def counted(found: Difference) -> str:
    return " ".join(f"{number} {fate}" for fate, number in found.fates.items() if number)


ENDED = said(valid_until=NOW)


@pytest.mark.parametrize(
    ("before", "read", "fates", "written"),
    [
        ([], [said()], "1 added", 1),
        ([said()], [said()], "1 unchanged", 0),
        ([said()], [said(confidence=0.5)], "1 updated", 1),
        ([], [said(), said()], "1 added 1 unchanged", 1),
        ([], [said(), said(confidence=0.5)], "1 added 1 updated", 1),
        ([said(revised=2)], [said(revised=1, confidence=0.1)], "1 unchanged", 0),
        ([said(revised=1)], [said(revised=2)], "1 updated", 1),
        ([], [ENDED], "1 expired", 0),
        ([said()], [ENDED], "1 expired", 1),
        ([ENDED], [ENDED], "1 unchanged", 0),
        ([said()], [said(value="192.0.2.2", revised=1)], "1 added 1 expired", 2),
        ([said(revised=2)], [said(value="192.0.2.2", record="i--2")], "1 added", 1),
        ([said(record="", value="192.0.2.9")], [said(record="")], "1 added", 1),
        ([said(origin="other")], [said()], "1 added", 1),
        ([said(record="", owner="CIRCL")], [said(record="", owner="circl ")], "1 updated", 1),
        ([said(record="", owner="a")], [said(record="", owner="b")], "1 added", 1),
    ],
)
def test_every_record_has_one_fate(before: list[Indicator], read: list[Indicator], fates: str, written: int) -> None:
    found = compare(known(*before), read, NOW)
    assert (counted(found), len(found.indicators)) == (fates, written)


def test_a_value_that_a_record_names_no_more_ends_now() -> None:
    old = said()
    found = compare(known(old), [said(value="192.0.2.2", revised=1)], NOW)
    assert found.indicators[key_of(old)].valid_until == NOW


def test_what_is_read_twice_changes_nothing_the_second_time() -> None:
    read = [said(f"192.0.2.{n}", record=f"i--{n % 3}") for n in range(9)]
    first = compare({}, read, NOW)
    second = compare(first.indicators, read, NOW + HOUR)
    assert (counted(first), counted(second), second.indicators) == ("9 added", "9 unchanged", {})


def listed(version: int, *entries: str) -> WarningList:
    return WarningList(name="cdn", version=version, kind=WarningKind.CDN, matching=Matching.CIDR, entries=entries)


@pytest.mark.parametrize(
    ("before", "read", "fates", "written"),
    [
        ([], listed(1, "a", "b"), "2 added", 1),
        ([listed(1, "a", "b")], listed(1, "a", "b"), "2 unchanged", 0),
        ([listed(1, "a", "b")], listed(2, "b", "c", "d"), "2 added 1 unchanged 1 expired", 1),
    ],
)
def test_a_list_replaces_its_older_version(
    before: list[WarningList], read: WarningList, fates: str, written: int
) -> None:
    found = Difference()
    compare_lists({one.name: one for one in before}, [read], found)
    assert (counted(found), len(found.lists)) == (fates, written)


def test_an_older_version_of_a_list_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`cdn` is version 1, and version 2 is known already"):
        compare_lists({"cdn": listed(2, "a")}, [listed(1, "a")], Difference())
