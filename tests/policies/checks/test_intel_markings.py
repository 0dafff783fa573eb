"""What a source allows is kept, and who may read is told."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.model.context import Indicator
from engine.ports import Subject
from policies.checks.intel_markings import IntelMarkings

Make = Callable[..., Subject]


def said(tlp: str | None = None, pap: str | None = None, value: str = "203.0.113.44") -> Indicator:
    return Indicator(
        type="ip",
        value=value,
        origin="exchange",
        owner="circl",
        seen_at=datetime(2026, 11, 21, 3, tzinfo=UTC),
        confidence=0.9,
        tlp=tlp,
        pap=pap,
    )


BLOCK, SEGMENT, ISOLATE = "network.block_ip", "network.block_segment", "host.isolate"
OUTSIDE, INSIDE = "203.0.113.44", "10.20.4.17"


@pytest.mark.parametrize(
    ("action", "target", "indicators", "outcome"),
    [
        (BLOCK, OUTSIDE, (), "pass"),
        (BLOCK, OUTSIDE, (said(),), "pass"),
        (BLOCK, OUTSIDE, (said(pap="clear"),), "pass"),
        (BLOCK, OUTSIDE, (said(pap="green"),), "pass"),
        (BLOCK, OUTSIDE, (said(pap="amber"),), "block"),
        (BLOCK, OUTSIDE, (said(pap="red"),), "block"),
        (BLOCK, OUTSIDE, (said(), said(pap="green"), said(pap="red")), "block"),
        (BLOCK, INSIDE, (said(pap="amber"),), "pass"),
        (BLOCK, INSIDE, (said(pap="red"),), "block"),
        (SEGMENT, "203.0.113.0/24", (said(pap="amber"),), "block"),
        (SEGMENT, "203.0.113.0/24", (said(pap="amber", value="198.51.100.1"),), "pass"),
        (SEGMENT, "203.0.113.0/24", (said(pap="red", value="203.0.113.0/28"),), "block"),
        (SEGMENT, "10.20.4.0/24", (said(pap="amber", value="10.20.4.17"),), "pass"),
        (ISOLATE, "files-02", (said(pap="green"),), "pass"),
        (ISOLATE, "files-02", (said(pap="amber"),), "pass"),
        (ISOLATE, "files-02", (said(pap="red"),), "block"),
        ("notify", "anybody", (said(tlp="red", pap="red"),), "pass"),
        (BLOCK, OUTSIDE, (said(tlp="red"),), "warn"),
        (BLOCK, OUTSIDE, (said(tlp="amber+strict"),), "pass"),
    ],
)
def test_outcome_at_tier_2(
    make: Make, action: str, target: str, indicators: tuple[Indicator, ...], outcome: str
) -> None:
    assert IntelMarkings().run(make(action, target, tier=2, indicators=indicators)).outcome == outcome


@pytest.mark.parametrize(
    ("tier", "state", "approved", "on_it", "resting_on_it"),
    [
        (1, "requested", False, "block", "block"),
        (3, "requested", False, "block", "warn"),
        (3, "authorised", False, "block", "block"),
        (3, "authorised", True, "block", "warn"),
        (4, "authorised", True, "block", "warn"),
    ],
)
def test_what_rests_on_pap_red_is_for_people_to_decide_and_what_is_done_to_it_for_nobody(
    make: Make, tier: int, state: str, approved: bool, on_it: str, resting_on_it: str
) -> None:
    asked = {"tier": tier, "state": state, "approved": approved, "indicators": (said(pap="red"),)}
    assert IntelMarkings().run(make(BLOCK, OUTSIDE, **asked)).outcome == on_it
    assert IntelMarkings().run(make(ISOLATE, "files-02", **asked)).outcome == resting_on_it


@pytest.mark.parametrize(("tier", "outcome"), [(1, "pass"), (2, "warn"), (3, "warn"), (4, "warn")])
def test_tlp_red_is_told_where_people_are_told_or_asked(make: Make, tier: int, outcome: str) -> None:
    assert IntelMarkings().run(make(BLOCK, OUTSIDE, tier=tier, indicators=(said(tlp="red"),))).outcome == outcome


def test_the_refusal_names_the_indicator_and_its_feed(make: Make) -> None:
    answer = IntelMarkings().run(make(BLOCK, OUTSIDE, indicators=(said(pap="amber"),)))
    assert answer.summary == "PAP:AMBER, for nothing seen outside: `203.0.113.44` (exchange)"
    assert answer.details == {"indicators": ["203.0.113.44"]}
