"""Earned autonomy: the counts that practitioners start from, and what grants stand in for."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.autonomy import autonomy_facts, lower_bound
from engine.model.base import Json
from engine.model.context import Criticality
from engine.model.decision import Tier
from engine.model.finding import Finding, Origin, Severity
from engine.model.trust import Grant, VerdictCount

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)


def finding(detector: str = "exfiltration.volume", version: str = "4", confidence: float | None = 0.97) -> Finding:
    return Finding(
        id="F-1", detector=detector, detector_version=version, time=NOW, reported_time="", severity=Severity.HIGH,
        confidence=confidence, category="exfiltration", title="much data", origin=Origin(product="fireline"),
    )  # fmt: skip


def grant(**changes: object) -> Grant:
    usual = {
        "id": "g", "detector": "exfiltration.volume", "version": "4", "tier": Tier.ACT, "owner": "governance",
        "reason": "a trial", "expires_at": NOW + timedelta(days=1),
    }  # fmt: skip
    return Grant.model_validate({**usual, **changes})


def facts_of(
    found: Finding | None, history: tuple[VerdictCount, ...] = (), grants: tuple[Grant, ...] = (),
    action: str = "network.block_ip", criticality: Criticality = Criticality.LOW,
) -> Json:  # fmt: skip
    return autonomy_facts(found, action, criticality, history, grants, NOW)


@pytest.mark.parametrize(
    ("right", "verdicts", "bar"),
    [(52, 52, 0.95), (86, 87, 0.95), (133, 133, 0.98), (268, 268, 0.99)],
)
def test_the_counts_of_the_baseline_just_reach_their_bars(right: int, verdicts: int, bar: float) -> None:
    assert lower_bound(right, verdicts) >= bar
    assert lower_bound(right - 1, verdicts - 1) < bar


def test_without_verdicts_nothing_is_known() -> None:
    assert lower_bound(0, 0) == 0.0


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_bound_stays_under_the_share_and_grows_with_what_is_right(counts: tuple[int, int]) -> None:
    right, verdicts = counts
    assert 0.0 <= lower_bound(right, verdicts) <= right / verdicts
    assert lower_bound(right, verdicts) <= lower_bound(right + 1, verdicts + 1)


def test_verdicts_count_for_their_detector_version_action_and_class() -> None:
    history = (
        VerdictCount(detector="exfiltration.volume", version="4", right=41, verdicts=42),
        VerdictCount(detector="exfiltration.volume", version="3", right=900, verdicts=900),
        VerdictCount(detector="exfiltration.volume", version="4", actions=("host.isolate",), right=9, verdicts=9),
        VerdictCount(detector="exfiltration.volume", version="4", classes=(Criticality.HIGH,), right=7, verdicts=7),
        VerdictCount(detector="exfiltration", version="any", right=1, verdicts=1),
        VerdictCount(detector="exfil", version="any", right=500, verdicts=500),
    )
    told = facts_of(finding(), history)
    assert (told["autonomy.right"], told["autonomy.verdicts"]) == (42, 43)
    assert told["autonomy.bound"] == lower_bound(42, 43)


def test_a_bin_counts_only_findings_at_least_as_sure() -> None:
    history = (
        VerdictCount(detector="exfiltration.volume", version="4", right=300, verdicts=300, confidence_from=0.99),
    )
    assert facts_of(finding(confidence=0.98), history)["autonomy.bin_bound"] == 0.0
    assert facts_of(finding(confidence=None), history)["autonomy.bin_bound"] == 0.0
    told = facts_of(finding(confidence=0.99), history)
    assert (told["autonomy.bin_bound"], told["autonomy.verdicts"]) == (lower_bound(300, 300), 0)


@pytest.mark.parametrize(
    ("changes", "granted"),
    [
        ({}, 1),
        ({"tier": Tier.TELL}, 2),
        ({"version": "any"}, 1),
        ({"detector": "exfiltration"}, 1),
        ({"actions": ("network.block_ip",), "classes": (Criticality.LOW,)}, 1),
        ({"detector": "exfiltration.vol"}, 0),
        ({"version": "5"}, 0),
        ({"actions": ("host.isolate",)}, 0),
        ({"classes": (Criticality.CRITICAL,)}, 0),
        ({"expires_at": NOW}, 0),
    ],
)
def test_a_grant_holds_for_what_it_names_until_it_expires(changes: dict[str, object], granted: int) -> None:
    assert facts_of(finding(), grants=(grant(**changes),))["autonomy.granted_tier"] == granted


def test_a_grant_says_who_gave_it_and_why() -> None:
    told = facts_of(finding(), grants=(grant(trusts_score=True),))
    assert told["autonomy.grants"] == ["g (governance: a trial)"]
    assert told["autonomy.score_trusted"] is True


def test_without_a_finding_nobody_is_trusted() -> None:
    told = facts_of(None, grants=(grant(version="any"),))
    assert told["autonomy.granted_tier"] == 0
