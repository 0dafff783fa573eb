"""One spelling for every address, network and name."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.places import bounds, overlap, place, spelling, within
from engine.ports import Network

networks = st.builds(
    lambda address, bits: ip_network((address, bits % (address.max_prefixlen + 1)), strict=False),
    st.ip_addresses(),
    st.integers(0, 128),
)


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("10.0.0.1/32", "10.0.0.1"),
        ("10.0.0.9/24", "10.0.0.0/24"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.0/120", "10.0.0.0/24"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
        ("::ffff:0:0/95", "::fffe:0:0/95"),
        ("::ffff:10.0.0.1/128", "10.0.0.1"),
        ("Files-02.Corp.Example.", "files-02.corp.example"),
        ("010.0.0.1", "010.0.0.1"),
        ("167772161", "167772161"),
        ("", ""),
    ],
)
def test_spelling(text: str, spelled: str) -> None:
    assert spelling(text) == spelled
    assert spelling(spelled) == spelled


def test_a_name_has_no_place() -> None:
    assert place("files-02") is None


@given(st.ip_addresses())
def test_an_address_bounds_itself(address: object) -> None:
    found = place(str(address))
    assert found is not None
    assert not isinstance(found, Network)
    assert bounds(found) == (int(found), int(found))


@given(networks, networks)
def test_overlap_and_within_agree_with_the_standard_library(one: Network, other: Network) -> None:
    same = one.version == other.version
    assert overlap(one, other) == (same and one.overlaps(other))
    assert within(one, other) == (same and one.subnet_of(other))  # type: ignore[arg-type]


def test_bounds_of_a_network() -> None:
    assert bounds(ip_network("10.0.0.0/30")) == (int(ip_address("10.0.0.0")), int(ip_address("10.0.0.3")))
