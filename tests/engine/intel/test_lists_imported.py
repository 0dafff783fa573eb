"""CSV lists that are imported: the terms say what a row does not, and a wrong row is refused alone."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import InvalidInput
from engine.intel.reading import read
from engine.intel.records import Reading, Terms
from engine.model.context import Indicator

HEADER = "type,value,seen_at,owner,confidence,origin,valid_until,tlp,pap,id,warnings"
TERMS = Terms(feed="watch", owner="us", confidence=0.4)


def reading(*rows: str, header: str = HEADER, terms: Terms = TERMS) -> Reading:
    return read("list.csv", "\r\n".join((header, *rows, "")).encode("utf-8-sig"), terms)


def test_a_row_with_everything() -> None:
    first = "ip,198.51.100.0/24,2026-11-21T04:00:00+01:00,circl,0.9,circl/c2,"
    assert reading(first + "2026-12-01T00:00:00Z,TLP:AMBER+STRICT,white,x-1,cdn;shared").indicators == [
        Indicator(
            type="ip",
            value="198.51.100.0/24",
            origin="circl/c2",
            owner="circl",
            seen_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
            confidence=0.9,
            warnings=("cdn", "shared"),
            valid_until=datetime(2026, 12, 1, tzinfo=UTC),
            tlp="amber+strict",
            pap="clear",
            source_id="x-1",
        )
    ]


def test_the_terms_stand_in_for_what_is_missing() -> None:
    terms = TERMS.model_copy(update={"valid_for": timedelta(days=1)})
    (found,) = reading("domain,Bad.Example,2026-11-21T00:00:00Z", header="type,value,seen_at", terms=terms).indicators
    assert (found.value, found.origin, found.owner, found.confidence) == ("bad.example", "watch", "us", 0.4)
    assert found.valid_until == datetime(2026, 11, 22, tzinfo=UTC)


def test_a_feed_that_is_named_is_the_origin_of_every_row() -> None:
    row = "ip,192.0.2.1,2026-11-21T00:00:00Z,circl,0.9,somebody else,,,,,"
    origins = [
        reading(row, terms=TERMS.model_copy(update={"one_feed": one})).indicators[0].origin for one in (False, True)
    ]
    assert origins == ["somebody else", "watch"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ip,192.0.2.1", "list.csv:3: 2 cells, but 11 columns"),
        ('ip,"192.0.2.1,2026', "list.csv:3: is no CSV: "),
        ("ip,0.0.0.0/0,2026-11-21T00:00:00Z,,,,,,,,", "list.csv:3:4: `0.0.0.0/0` is wider than a /8"),
        ("ip,192.0.2.1,,,,,,,,,", "list.csv:3:14: `seen_at`: is missing"),
        ("ip,192.0.2.1,2026-11-21,,,,,,,,", "list.csv:3:14: `seen_at`: "),
        ("ip,192.0.2.1,1970-01-01T00:00:00Z,,,,,,,,", "list.csv:3:14: 1970-01-01T00:00:00+00:00 is not between"),
        ("ip,192.0.2.1,2026-11-21T00:00:00Z,,2,,,,,,", "list.csv:3:36: `confidence`: "),
        ("ip,192.0.2.1,2026-11-21T00:00:00Z,,,,,mauve,,,", "list.csv:3:39: `tlp`: `tlp:mauve` is no TLP"),
        ("ip,192.0.2.1,2026-11-21T00:00:00Z,,,,,,strict,,", "list.csv:3:40: `pap`: `pap:strict` is no PAP"),
        ("ip,192.0.2.1,2026-11-21T00:00:00Z,,,,soon,,,,", "list.csv:3:38: `valid_until`: "),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_at_its_place_and_the_rest_goes_on(row: str, message: str) -> None:
    right = "ip,192.0.2.{},2026-11-21T00:00:00Z,,,,,,,,"
    found = reading(right.format(1), row, "", right.format(2))
    assert [one.value for one in found.indicators] == ["192.0.2.1", "192.0.2.2"]
    (refused,) = found.refused
    assert str(refused).startswith(message)


@pytest.mark.parametrize("header", ["type,value", "type,value,seen_at,colour", "type,value,seen_at,type", ""])
def test_a_header_that_names_other_columns_refuses_the_file(header: str) -> None:
    with pytest.raises(InvalidInput, match=r"^list.csv:1:1: the first line must name the columns type, value, "):
        reading(header=header)
