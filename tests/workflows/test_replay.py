"""Golden histories replay: what runs somewhere now goes on under this code. See `tests/histories/record.py`."""

import json
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from workflows.plugin import FirelinePlugin
from workflows.worker import WORKFLOWS

HISTORIES = sorted((Path(__file__).parent.parent / "histories").glob("*.json"))


def read(path: Path) -> WorkflowHistory:
    written = json.loads(path.read_text())
    return WorkflowHistory.from_json(written["id"], written["history"])


def test_every_workflow_has_golden_histories() -> None:
    assert {path.stem.partition("-")[0] for path in HISTORIES} == {kind.__name__.lower() for kind in WORKFLOWS}


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
async def test_a_golden_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, plugins=[FirelinePlugin()], build_id="golden")
    await replayer.replay_workflow(read(path))
