"""Looking indicators up."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.intel.indicators import Indicators
from engine.model.context import Indicator
from engine.model.finding import Observable, ObservableType

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)


def indicator(kind: str, value: str, owner: str = "w", hours: int = 0) -> Indicator:
    seen = NOW - timedelta(hours=hours)
    return Indicator(type=kind, value=value, origin=f"{owner}/list", owner=owner, seen_at=seen, confidence=0.9)


@pytest.mark.parametrize(
    ("kind", "value", "seen", "found"),
    [
        ("ip", "198.51.100.23", "198.51.100.23", True),
        ("ip", "198.51.100.23", "::ffff:198.51.100.23", True),
        ("ip", "198.51.100.0/24", "198.51.100.23", True),
        ("ip", "198.51.100.0/24", "198.51.101.23", False),
        ("ip", "2001:db8::/32", "2001:DB8:0::1", True),
        ("ip", "198.51.100.23", "198.51.100.24", False),
        ("domain", "bad.example", "bad.example.", True),
        ("domain", "bad.example", "a.b.BAD.example", True),
        ("domain", "a.bad.example", "bad.example", False),
        ("domain", "bad.example", "notbad.example", False),
        ("domain", "example", "bad.example", False),
        ("hash", "ABCDEF12", "abcdef12", True),
        ("url", "https://bad.example/x", "HTTPS://BAD.example:443/x#top", True),
        ("url", "https://bad.example/x", "https://bad.example/X", False),
        ("email", "Eve@Bad.example", "eve@bad.example", True),
        ("ip", "198.51.100.0/24", "198.51.100.128/25", True),
        ("ip", "198.51.100.128/25", "198.51.100.0/24", False),
    ],
)
def test_an_indicator_is_found_by_what_it_covers(kind: str, value: str, seen: str, found: bool) -> None:
    index = Indicators([indicator(kind, value)])
    assert bool(index.lookup(Observable(type=ObservableType(kind), value=seen))) is found


def test_kinds_do_not_mix() -> None:
    index = Indicators([indicator("hash", "bad.example")])
    assert index.lookup(Observable(type=ObservableType.DOMAIN, value="bad.example")) == ()


def test_a_host_is_looked_up_as_the_domain_or_address_it_is() -> None:
    index = Indicators([indicator("domain", "bad.example"), indicator("ip", "198.51.100.23")])
    for seen in ("www.bad.example", "198.51.100.23"):
        assert len(index.lookup(Observable(type=ObservableType.HOST, value=seen))) == 1


def test_the_newest_comes_first() -> None:
    index = Indicators([indicator("ip", "198.51.100.23", hours=hours) for hours in (5, 1, 9)])
    found = index.lookup(Observable(type=ObservableType.IP, value="198.51.100.23"))
    assert [NOW - one.seen_at for one in found] == [timedelta(hours=hours) for hours in (1, 5, 9)]


@pytest.mark.parametrize(
    ("kind", "value", "url"),
    [
        ("domain", "bad.example", "https://www.bad.example/x"),
        ("ip", "198.51.100.0/24", "http://198.51.100.7:8080/"),
        ("ip", "2001:db8::1", "http://[2001:db8::1]/"),
    ],
)
def test_a_url_is_also_found_by_its_host(kind: str, value: str, url: str) -> None:
    index = Indicators([indicator(kind, value)])
    assert len(index.lookup(Observable(type=ObservableType.URL, value=url))) == 1


def test_every_network_around_an_address_is_found_among_many() -> None:
    index = Indicators(indicator("ip", f"10.{i}.{j}.0/24") for i in range(40) for j in range(40))
    around = [indicator("ip", f"10.7.7.7/{length}") for length in range(8, 33)]
    both = Indicators([*around, *(indicator("ip", f"10.{i}.7.0/24") for i in range(40))])
    assert len(index.lookup(Observable(type=ObservableType.IP, value="10.7.7.7"))) == 1
    assert len(both.lookup(Observable(type=ObservableType.IP, value="10.7.7.7"))) == len(around) + 1
