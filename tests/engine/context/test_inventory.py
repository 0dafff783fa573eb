"""Looking up in an ordered index says what walking everything would say."""

from collections import Counter
from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.context.file import ContextFile
from engine.context.parts import Segment, SegmentKind
from engine.context.places import overlap, place
from engine.context.reach import reached
from engine.context.static import StaticContext
from engine.model.context import Asset, Criticality, Identity

addresses = st.integers(0, 255).map(lambda last: f"10.0.0.{last}")
places = addresses | st.integers(0, 15).map(lambda part: f"10.0.0.{part * 16}/28") | st.just("fd00::1")
networks = st.tuples(st.integers(0, 255), st.integers(20, 31)).map(
    lambda found: IPv4Network((f"10.0.0.{found[0]}", found[1]), strict=False)
)
lists = st.lists(st.lists(places, max_size=3, unique=True), max_size=8)


@given(lists, networks)
def test_what_stands_in_a_network_is_what_overlaps_it(found: list[list[str]], network: IPv4Network) -> None:
    assets = tuple(Asset(name=f"h{number}", addresses=tuple(some)) for number, some in enumerate(found))
    inside = [
        asset.name
        for asset in assets
        if any((at := place(address)) is not None and overlap(at, network) for address in asset.addresses)
    ]
    context = StaticContext(ContextFile(assets=assets), {})
    assert [asset.name for asset in context.standing_in(network)] == inside


@pytest.mark.parametrize("name", ["fake", "10.0.0.1"])
@pytest.mark.parametrize("turn", [1, -1])
def test_an_address_of_two_hosts_is_judged_by_the_stricter_one_and_reaches_both(name: str, turn: int) -> None:
    real = Asset(name="dc", addresses=("10.0.0.1",), criticality=Criticality.PROTECTED)
    fake = Asset(name=name, addresses=("10.0.0.1",), criticality=Criticality.HIGH)
    context = StaticContext(ContextFile(assets=(real, fake)[::turn]), {})
    found = context.asset("10.0.0.1")
    assert found is not None and found.name == "dc"
    assert {asset.name for asset in reached(context, "10.0.0.1")} == {"dc", name}


def test_of_equals_the_last_to_speak_of_an_address_has_it() -> None:
    old, new = (Asset(name=name, addresses=("10.0.0.1",), criticality=Criticality.HIGH) for name in ("old", "new"))
    found = StaticContext(ContextFile(assets=(old, new)), {}).asset("10.0.0.1")
    assert found is not None and found.name == "new"


@given(st.lists(st.sampled_from(Criticality)), st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans())))
def test_classes_are_counted_and_administrators_known(
    critical: list[Criticality], flags: list[tuple[bool, bool, bool]]
) -> None:
    assets = tuple(Asset(name=f"h{number}", criticality=one) for number, one in enumerate(critical))
    people = tuple(
        Identity(name=f"p{number}", privileged=high, administrator=able, enabled=on)
        for number, (high, able, on) in enumerate(flags)
    )
    context = StaticContext(ContextFile(assets=assets, identities=people), {})
    assert all(context.alike(asset) == Counter(critical)[asset.criticality] for asset in context.assets())
    assert all(context.alike(one) == sum(other[0] == one.privileged for other in flags) for one in people)
    assert [one.name for one in context.administrators()] == [
        one.name for one in people if one.administrator and one.enabled
    ]


def test_a_gateway_is_known_by_its_address_and_as_a_host() -> None:
    segment = Segment.model_validate({"name": "a", "cidr": ip_network("10.0.0.0/24"), "kind": SegmentKind.LAB,
                                      "gateway": "10.0.0.1"})  # fmt: skip
    file = ContextFile(segments=(segment,), assets=(Asset(name="gw", addresses=("10.0.0.1", "10.0.1.1")),))
    context = StaticContext(file, {})
    assert [[*context.gateway_of(name)] for name in ("10.0.0.1", "GW", "10.0.1.1", "10.0.0.2", "x")] == [
        ["a"], ["a"], ["a"], [], [],
    ]  # fmt: skip


def test_guests_go_down_with_what_they_run_on() -> None:
    assets = (Asset(name="hv"), Asset(name="vm", runs_on="HV"), Asset(name="app", depends_on=("vm",)))
    context = StaticContext(ContextFile(assets=assets), {})
    assert [asset.name for asset in context.guests("hv")] == ["vm"]
    assert {asset.name for asset in context.dependents("hv")} == {"vm", "app"}
