"""What is imported decides: over the real store, the demo's policy and every check."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from detectors.generators import alerts
from detectors.generators.alerts import Cast
from engine.intel.library import Library
from engine.intel.records import Terms
from engine.model.base import Json
from engine.model.decision import Decision
from tests.bench import Bench, findings

STRANGE = "192.0.2.66"
"""An address outside of which the site's own file says nothing."""


def bundle(maker: str, record: str, seen: datetime, value: str = STRANGE, **more: object) -> bytes:
    """A feed of one indicator."""
    identity = {"type": "identity", "id": f"identity--{maker}", "name": maker}
    indicator = {
        "type": "indicator",
        "id": f"indicator--{record}",
        "created_by_ref": identity["id"],
        "pattern": f"[ipv4-addr:value = '{value}']",
        "pattern_type": "stix",
        "valid_from": seen.isoformat(),
        "confidence": 90,
        **more,
    }
    return json.dumps({"type": "bundle", "objects": [indicator, *([identity] if maker else [])]}).encode()


def warning_list(name: str, *entries: str) -> bytes:
    return json.dumps({"name": name, "version": 1, "type": "cidr", "list": entries}).encode()


async def imported(bench: Bench, **files: bytes) -> None:
    """Each file under the name of its feed."""
    library = Library(bench.store, bench.desk.knowledge)
    for feed, data in files.items():
        await library.take_in(f"{feed}.json", data, Terms(feed=feed), "ada", bench.now)


async def decided(bench: Bench, folder: Path) -> Decision:
    """What comes of an alert about the strange address."""
    found = findings(alerts.beaconing(bench.now, cast=Cast(beacon=STRANGE), beats=1), folder)[0]
    incident = await bench.feed(found)
    decision = bench.requests(incident, "network.block_ip")[0].decision
    assert decision is not None
    return decision


def intel(decision: Decision) -> Json:
    return {name: value for name, value in decision.facts.items() if name.startswith("intel.")}


@pytest.fixture
def seen(bench: Bench) -> datetime:
    return bench.now - timedelta(hours=2)


async def test_nobody_says_so_and_it_is_told(bench: Bench, tmp_path: Path) -> None:
    decision = await decided(bench, tmp_path)
    assert (decision.tier, intel(decision)["intel.known"]) == (2, False)


async def test_two_independent_origins_block_at_once(bench: Bench, tmp_path: Path, seen: datetime) -> None:
    await imported(bench, exchange=bundle("circl", "1", seen), sector=bundle("harbour-cert", "2", seen))
    decision = await decided(bench, tmp_path)
    assert decision.tier == 1
    assert "outside-two-origins" in decision.rules
    assert intel(decision) == {
        "intel.known": True,
        "intel.independent_origins": 2,
        "intel.fresh_origins": 2,
        "intel.youngest_hours": 2.0,
        "intel.confidence": 0.9,
        "intel.warnings": [],
    }
    assert await bench.standing() == ["network.block_ip"]


@pytest.mark.parametrize(
    ("why", "maker", "record"),
    [
        ("a copy, byte for byte", "circl", "1"),
        ("another record of the same owner", "circl", "2"),
        ("the same record, its owner cut off", "", "1"),
        ("the same record under another name", "copycat", "1"),
    ],
)
async def test_two_copies_of_one_feed_do_not(
    bench: Bench, tmp_path: Path, seen: datetime, why: str, maker: str, record: str
) -> None:
    await imported(bench, exchange=bundle("circl", "1", seen), mirror=bundle(maker, record, seen))
    decision = await decided(bench, tmp_path)
    assert (decision.tier, intel(decision)["intel.independent_origins"]) == (2, 1), why


async def test_two_owners_through_one_feed_do_not(bench: Bench, tmp_path: Path, seen: datetime) -> None:
    await imported(bench, exchange=bundle("circl", "1", seen))
    library = Library(bench.store, bench.desk.knowledge)
    await library.take_in("b.json", bundle("harbour-cert", "2", seen), Terms(feed="exchange"), "ada", bench.now)
    assert intel(await decided(bench, tmp_path))["intel.independent_origins"] == 1


async def test_what_has_ended_or_not_begun_does_not_count(bench: Bench, tmp_path: Path, seen: datetime) -> None:
    hour = timedelta(hours=1)
    await imported(
        bench,
        exchange=bundle("circl", "1", seen, valid_until=(bench.now + hour).isoformat()),
        sector=bundle("harbour-cert", "2", bench.now + 3 * hour),
    )
    assert intel(await decided(bench, tmp_path))["intel.independent_origins"] == 1
    await bench.later(2 * hour)
    assert intel(await decided(bench, tmp_path))["intel.known"] is False
    await bench.later(2 * hour)
    assert intel(await decided(bench, tmp_path))["intel.independent_origins"] == 1


async def test_old_origins_are_not_fresh(bench: Bench, tmp_path: Path, seen: datetime) -> None:
    old = seen - timedelta(days=2)
    await imported(bench, exchange=bundle("circl", "1", old), sector=bundle("harbour-cert", "2", seen))
    facts = intel(await decided(bench, tmp_path))
    assert (facts["intel.independent_origins"], facts["intel.fresh_origins"]) == (2, 1)


async def test_a_warning_list_has_people_asked_whatever_two_origins_say(
    bench: Bench, tmp_path: Path, seen: datetime
) -> None:
    await imported(
        bench,
        exchange=bundle("circl", "1", seen),
        sector=bundle("harbour-cert", "2", seen),
        lists=warning_list("List of known Cloudflare IP ranges", "192.0.2.0/24"),
    )
    decision = await decided(bench, tmp_path)
    assert (decision.tier, intel(decision)["intel.warnings"]) == (3, ["cdn"])


async def test_a_warning_list_counts_without_any_indicator(bench: Bench, tmp_path: Path) -> None:
    await imported(bench, lists=warning_list("public DNS resolvers", "192.0.2.66"))
    decision = await decided(bench, tmp_path)
    assert (decision.tier, intel(decision)["intel.warnings"]) == (3, ["resolver"])


@pytest.mark.parametrize(("label", "stands"), [("PAP:GREEN", ["network.block_ip"]), ("PAP:AMBER", []), ("PAP:RED", [])])
async def test_what_a_source_forbids_is_not_done(
    bench: Bench, tmp_path: Path, seen: datetime, label: str, stands: list[str]
) -> None:
    await imported(bench, exchange=bundle("circl", "1", seen, labels=[label]), sector=bundle("harbour-cert", "2", seen))
    await decided(bench, tmp_path)
    assert await bench.standing() == stands


async def test_the_site_s_own_file_counts_too(bench: Bench, tmp_path: Path, seen: datetime) -> None:
    """One origin of its file on `198.51.100.77`, in two copies; the import adds the second."""
    await imported(bench, exchange=bundle("circl", "1", seen, value="198.51.100.77"))
    found = findings(alerts.beaconing(bench.now, cast=Cast(beacon="198.51.100.77"), beats=1), tmp_path)[0]
    incident = await bench.feed(found)
    decision = bench.requests(incident, "network.block_ip")[0].decision
    assert decision is not None
    assert (decision.tier, decision.facts["intel.independent_origins"]) == (1, 2)
