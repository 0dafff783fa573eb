"""What a playbook would do now, asked of a running engine: nothing is written, whoever asks."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from detectors.generators import alerts
from engine.model.base import Json
from engine.model.finding import Finding
from tests.bench import Bench, findings
from tests.console.api.conftest import VIEWER, Api

PLAYBOOK = """\
playbook: mine
version: 1
description: d
owner: governance
when: finding.destination.ip != ""
steps:
  - {name: block, action: network.block_ip, target: = finding.destination.ip, because: it is steered from there}
  - {name: call, playbook: called, version: 1, because: that one knows more}
"""
CALLED = """\
playbook: called
version: 1
description: d
owner: governance
steps: [{name: tell, notify: [soc], text: = finding.title, because: they want to know}]
"""


@pytest.fixture
def beacon(bench: Bench, tmp_path: Path) -> Finding:
    return findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]


def asked(about: Json, text: str = PLAYBOOK) -> Json:
    files: list[JsonValue] = [{"name": "mine.yaml", "text": text}, {"name": "called.yaml", "text": CALLED}]
    return {"files": files, **about}


async def test_a_finding_that_came_in_is_planned_for_by_its_id(bench: Bench, api: Api, beacon: Finding) -> None:
    await api.post("/findings", {"findings": [beacon.model_dump(mode="json")], "hand_fed": False})
    before = bench.read(lambda tx: len(tx.requests.all()))
    answer = (await api.post("/playbooks/plan", asked({"finding_id": beacon.id}), token=VIEWER)).json()
    assert (answer["playbook"], answer["answers"]) == ("mine", "yes")
    block, call = answer["steps"]
    assert (block["bound"]["target"], block["decision"]["policy"]) == ("198.51.100.23", "demo")
    assert [inner["label"] for inner in call["blocks"]] == ["called version 1"]
    assert bench.read(lambda tx: len(tx.requests.all())) == before


async def test_a_finding_of_ones_own_needs_not_come_in(api: Api, beacon: Finding) -> None:
    answer = await api.post("/playbooks/plan", asked({"finding": beacon.model_dump(mode="json")}))
    assert answer.json()["answers"] == "yes"


async def test_mistakes_and_unknown_findings_are_told(api: Api, beacon: Finding) -> None:
    wrong = await api.post(
        "/playbooks/plan", asked({"finding": beacon.model_dump(mode="json")}, PLAYBOOK.replace("_ip", "_up"))
    )
    assert "mine.yaml:7:27: there is no action `network.block_up`" in wrong.text
    unknown = await api.post("/playbooks/plan", asked({"finding_id": "F-none"}))
    assert "there is no finding `F-none`" in unknown.text
    assert unknown.status_code == 404
