"""One trace from the door over workflow and activity to the action, and numbers from the ledger; no text in either."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from tests.patience import PATIENCE_S

PROGRAM = Path(__file__).parent / "programs" / "traced_path.py"
ROOT = Path(__file__).parent.parent.parent
Told = dict[str, JsonValue]


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What would leave the process, as JSON."""
    home = tmp_path_factory.mktemp("traced") / "home"
    home.mkdir(mode=0o700)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FIRELINE_", "OTEL_"))}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(home)], cwd=ROOT, env={**inherited, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, text=True, timeout=3 * PATIENCE_S, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def spans(text: str) -> list[Told]:
    found: list[Told] = json.loads(text)["spans"]
    return found


def points(text: str) -> Iterator[tuple[str, Told]]:
    for resource in json.loads(text)["numbers"]["resource_metrics"]:
        for scope in resource["scope_metrics"]:
            for metric in scope["metrics"]:
                yield from ((metric["name"], point) for point in metric["data"]["data_points"])


def test_one_trace_goes_from_the_door_to_the_action(spans: list[Told]) -> None:
    (door,) = (span for span in spans if span["name"] == "intake")
    context = door["context"]
    assert isinstance(context, dict)
    traced = [
        span["name"]
        for span in spans
        if isinstance(span["context"], dict) and span["context"]["trace_id"] == context["trace_id"]
    ]
    # The incident's own workflow still runs: its span ends with it.
    assert {"intake", "SignalWithStartWorkflow:Respond", "RunActivity:incident.advance"} <= {*traced}
    assert {"RunWorkflow:Lease", "RunActivity:effect.apply", "action.apply", "action.release"} <= {*traced}


def test_an_action_says_what_it_was_and_how_it_ended(spans: list[Told]) -> None:
    (applied,) = (span for span in spans if span["name"] == "action.apply")
    assert applied["attributes"] == {
        "fireline.action": "network.block_ip",
        "fireline.connector": "sim",
        "fireline.executor": "simulated",
        "fireline.result": "verified",
    }


def test_the_numbers_tell_what_happened(text: str) -> None:
    counted = {(name, json.dumps(point["attributes"])): point for name, point in points(text)}
    assert counted["fireline.incidents", "{}"]["value"] == 1
    decided = [point["attributes"] for (name, _), point in counted.items() if name == "fireline.decisions"]
    assert {"fireline.effect": "execute", "fireline.tier": "1"} in decided
    assert counted["fireline.leases", '{"fireline.state": "active"}']["value"] == 0
    assert counted["fireline.contained", "{}"]["count"] == 1


@pytest.mark.parametrize("private", ["hunter2", "198.51.100.23", "Bearer", "admin", "F-"])
def test_nothing_anybody_typed_and_no_target_of_an_action_leaves(text: str, private: str) -> None:
    assert private not in text
