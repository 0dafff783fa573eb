"""Who submitted a finding is what the door knows of the caller, never what the finding says of itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from detectors.generators import alerts
from engine.model.action import Executor
from engine.model.base import Json
from engine.model.finding import Finding
from tests.bench import Bench, findings
from tests.console.api.conftest import BOT, VIEWER, Api


@pytest.fixture
def beacon(bench: Bench, tmp_path: Path) -> Finding:
    return findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]


def body(finding: Finding, hand_fed: bool = False, submitter: str | None = None) -> Json:
    claimed = finding.model_copy(update={"submitter": submitter})
    return {"findings": [claimed.model_dump(mode="json")], "hand_fed": hand_fed}


async def submitter(bench: Bench, finding: Finding) -> str | None:
    found = bench.read(lambda tx: tx.findings.get(finding.id))
    assert found is not None
    return found.submitter


async def test_a_sensor_s_finding_has_no_submitter_whatever_it_says(bench: Bench, api: Api, beacon: Finding) -> None:
    assert (await api.post("/findings", body(beacon, submitter="anna"), token=BOT)).status_code == 200
    assert await submitter(bench, beacon) is None


async def test_a_person_is_the_submitter_of_what_they_post(bench: Bench, api: Api, beacon: Finding) -> None:
    await api.post("/findings", body(beacon, submitter="anna"), person="jonas")
    assert await submitter(bench, beacon) == "jonas"


async def test_a_person_s_finding_has_no_autonomy_and_they_cannot_approve_its_action(
    bench: Bench, api: Api, beacon: Finding
) -> None:
    answer = await api.post("/findings", body(beacon), person="jonas")
    incident = answer.json()["findings"][0]["incident_id"]
    await bench.respond(incident)
    block = bench.requests(incident, "network.block_ip")[0]
    assert (block.requester, block.state) == ("jonas", "awaiting_approval")
    assert await bench.standing() == []
    refused = await api.post(f"/approvals/{block.id}/votes", {"kind": "approve", "reason": "me"}, person="jonas")
    assert refused.json()["accepted"] is False


@pytest.mark.parametrize(("hand_fed", "expected"), [(False, None), (True, "admin")])
async def test_the_administrator_of_a_simulated_site_may_play_the_sensor(
    bench: Bench, api: Api, beacon: Finding, hand_fed: bool, expected: str | None
) -> None:
    await api.post("/findings", body(beacon, hand_fed, submitter="anna"))
    assert await submitter(bench, beacon) == expected


async def test_where_something_is_real_the_administrator_is_a_person(bench: Bench, api: Api, beacon: Finding) -> None:
    executors = {**bench.desk.executors, "edge-1": Executor.REAL}
    bench.parts = replace(bench.parts, desk=replace(bench.desk, executors=executors))
    await api.post("/findings", body(beacon))
    assert await submitter(bench, beacon) == "admin"


async def test_a_bot_that_feeds_by_hand_says_so(bench: Bench, api: Api, beacon: Finding) -> None:
    await api.post("/findings", body(beacon, hand_fed=True), token=BOT)
    assert await submitter(bench, beacon) == "siem-bot"


async def test_a_finding_read_twice_changes_nothing(bench: Bench, api: Api, beacon: Finding) -> None:
    first = (await api.post("/findings", body(beacon), token=BOT)).json()["findings"][0]
    again = (await api.post("/findings", body(beacon), person="jonas")).json()["findings"][0]
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert first["incident_id"] == again["incident_id"]
    assert await submitter(bench, beacon) is None


async def test_viewers_feed_nothing(api: Api, beacon: Finding) -> None:
    assert (await api.post("/findings", body(beacon), token=VIEWER)).status_code == 403


async def test_dead_letters_are_kept_and_recorded(bench: Bench, api: Api) -> None:
    letter: Json = {"file": "eve.json", "line": 3, "column": 7, "message": "no JSON", "raw": "{"}
    assert (await api.post("/findings", {"dead_letters": [letter]}, token=BOT)).json() == {"findings": []}
    assert bench.entries("intake.dead_letters")[0].body == {"count": 1, "first": ["eve.json:3:7"]}
    assert (await api.get("/status")).json()["dead_letters"] == 1
