"""Recorded decisions under another policy: the same policy says the same, another says what it would have."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.errors import StoreUnavailable
from engine.model.decision import Effect
from engine.model.finding import Finding
from engine.policy_file import Policy, load_policy, parse_policy
from engine.policy_what_if import WhatIf, redecide
from engine.store.database import sqlite_url
from engine.store.recorded import recorded
from tests.bench import Bench

SPECS = ActionSpecs()
DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"


def demo(old: str = "", new: str = "") -> Policy:
    text = DEMO.read_text()
    assert old in text
    return parse_policy(text.replace(old, new, 1), "demo.yaml", SPECS)


def asked(bench: Bench, policy: Policy, since: timedelta | None = None) -> WhatIf:
    start = None if since is None else bench.now - since
    return redecide(recorded(bench.settings.database_url, start), policy, SPECS, start, bench.now)


async def test_the_same_policy_decides_the_same(bench: Bench, beacon: Finding, exfiltration: Finding) -> None:
    await bench.feed(beacon, exfiltration)
    seen = asked(bench, demo())
    assert (seen.flips, seen.undecided, seen.extra_approvals_a_day) == ((), 0, 0.0)
    assert seen.decisions >= 2


async def test_the_baseline_would_only_have_observed(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    seen = asked(bench, load_policy(DEMO.with_name("baseline.yaml"), SPECS))
    assert {flip.before.effect for flip in seen.flips} == {Effect.EXECUTE}
    assert {flip.after.effect for flip in seen.flips} <= {Effect.OBSERVE, Effect.QUEUE}
    assert seen.incidents == (incident,)
    assert sum(seen.kinds.values()) == len(seen.flips)


async def test_without_its_grant_it_would_have_asked_one_more_person(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon)
    seen = asked(bench, demo("detector: suricata\n", "detector: another\n"))
    assert seen.decisions == len(seen.flips)
    assert {flip.after.tier for flip in seen.flips} == {3}


async def test_more_approvals_are_counted_by_the_day(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon)
    stricter = demo("rules:\n", "rules:\n  - {id: all, kind: raise, to: 4, when: action.impact > 0, because: new}\n")
    seen = asked(bench, stricter)
    assert seen.kinds == {"execute -> ask": 1}
    assert seen.extra_approvals_a_day == 2.0
    assert seen.flips[0].why == "not automatic: new"
    later = replace(seen, days=4.0)
    assert later.extra_approvals_a_day == 0.5


async def test_only_what_was_requested_since_counts(bench: Bench, beacon: Finding) -> None:
    await bench.feed(beacon)
    await bench.later(timedelta(days=2))
    assert asked(bench, demo(), timedelta(days=1)).decisions == 0
    assert asked(bench, demo(), timedelta(days=3)).decisions == 1


async def test_nothing_changes_by_it(bench: Bench, beacon: Finding) -> None:
    incident = await bench.feed(beacon)
    before = bench.requests(incident, "network.block_ip")
    asked(bench, load_policy(DEMO.with_name("baseline.yaml"), SPECS))
    assert bench.requests(incident, "network.block_ip") == before


def test_without_a_store_it_says_so_and_makes_none(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no recorded decisions to read"):
        recorded(sqlite_url(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


OWNED = "owner: it, reason: r, expires_at: "
NEVER = "2046-01-01T00:00:00Z"
PAST = "2020-01-01T00:00:00Z"


@pytest.mark.parametrize(("end", "effects"), [(NEVER, {Effect.DENY}), (PAST, set())])
async def test_an_exclusion_of_the_other_policy_counts_as_of_then(
    end: str, effects: set[Effect], bench: Bench, beacon: Finding
) -> None:
    await bench.feed(beacon)
    excluding = f"exclusions: [{{id: calm, targets: [0.0.0.0/0], {OWNED}{end}}}]\ngrants:\n"
    seen = asked(bench, demo("grants:\n", excluding))
    assert {flip.after.effect for flip in seen.flips} == effects


@pytest.mark.parametrize(("end", "tiers"), [(NEVER, {3}), (PAST, set())])
async def test_what_the_other_policy_authorises_is_told_from_what_was_recorded(
    end: str, tiers: set[int], bench: Bench, beacon: Finding
) -> None:
    await bench.feed(beacon)
    kind = "kind: scanner, sources: [0.0.0.0/0], targets: [0.0.0.0/0]"
    seen = asked(bench, demo("grants:\n", f"authorised_activity: [{{id: scan, {kind}, {OWNED}{end}}}]\ngrants:\n"))
    assert {flip.after.tier for flip in seen.flips} == tiers
