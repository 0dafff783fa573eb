"""One trace over client, workflow and activity; in a process of its own, for a tracer provider is a process's."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from engine.settings import load
from tests.patience import PATIENCE_S
from workflows import tracing

PROGRAM = Path(__file__).parent / "programs" / "traced.py"


@pytest.fixture
def told(home: Path, temporal_test_server: str) -> str:
    """The spans of the program, as JSON; the server writes lines of its own before."""
    command = [sys.executable, str(PROGRAM), temporal_test_server]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=True)
    return done.stdout.splitlines()[-1]


def test_one_trace_goes_from_intake_to_activity(told: str) -> None:
    spans = json.loads(told)
    assert {span["context"]["trace_id"] for span in spans} == {spans[0]["context"]["trace_id"]}
    names = {span["name"] for span in spans}
    assert names >= {"intake", "StartWorkflow:Respond", "RunWorkflow:Respond", "StartActivity:act", "RunActivity:act"}


def test_no_payload_leaves_with_the_trace(told: str) -> None:
    assert "temporalWorkflowID" in told
    assert "hunter2" not in told


def test_nothing_is_set_where_no_receiver_is(home: Path) -> None:
    assert not tracing.setup(load()).on
