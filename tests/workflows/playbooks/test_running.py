"""One shipped playbook in a real engine, from an alert file to the answer that ends it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.generators.ocsf import Claim, detection, line
from engine.model.base import Json
from tests.processes import Up, run_here, until


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    """An engine with the demo's policy, and the playbooks that ship."""
    engine = Up(tmp_path / "home", "up", "--policy", "demo", "--site", "demo")
    yield engine
    assert engine.interrupt() == 0


def alert() -> str:
    """A desk sends much to one address, says a detector that the demo trusts to have evidence taken."""
    claim = Claim(
        detector=("exfiltration", "volume", "4"), technique=("T1048", "Exfiltration Over Alternative Protocol"),
        category="exfiltration", title="exfiltration from ws-114", message="2.1 GB", severity=(4, "High"),
        confidence=97,
    )  # fmt: skip
    evidence: Json = {
        "src_endpoint": {"ip": "10.20.16.114", "port": 51544, "hostname": "ws-114"},
        "dst_endpoint": {"ip": "203.0.113.44", "port": 443},
    }
    return line(detection(datetime.now(UTC), 1, claim, evidence))


def listed(up: Up, *command: str) -> list[Json]:
    """The items of a list, by the command's name."""
    found = up.ask(*command)[command[0]]
    assert isinstance(found, list)
    return [item for item in found if isinstance(item, dict)]


def actions(up: Up, *states: str) -> set[str]:
    return {str(action["action"]) for action in listed(up, "actions", "list") if action["state"] in states}


def test_an_exfiltration_is_cut_looked_at_and_judged(up: Up, tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    file.write_text(alert() + "\n")
    assert run_here(up.home, "ingest", str(file)).returncode == 0
    until(lambda: "network.block_ip" in actions(up, "held"), "the receiver is blocked")
    until(lambda: {"evidence.capture"} <= actions(up, "ended"), "evidence is taken")
    [task] = until(lambda: listed(up, "tasks", "list"), "people are asked")
    assert task["task"] == "Find out what was sent and whose it was"

    up.ask("tasks", "answer", str(task["id"]), "--as", "anna", "--answer", "meant=yes", "--answer", "whose=nobody's")

    until(lambda: not actions(up, "held", "awaiting_approval"), "a false alarm is taken back")
    assert until(lambda: [i for i in listed(up, "incidents", "list") if i["verdict"]], "it is judged")
