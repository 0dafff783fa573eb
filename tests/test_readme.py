"""The README's ten lines, run as they stand."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.generators.alerts import beaconing
from tests.patience import PATIENCE_S

ROOT = Path(__file__).parent.parent
(BLOCK,) = re.findall(r"(?ms)^## Ten lines to a run\n.*?^```sh\n(.*?)^```", (ROOT / "README.md").read_text())
COMMANDS = [line for line in BLOCK.splitlines() if line.startswith("fireline ") and not line.endswith("&")]


def environment(folder: Path) -> dict[str, str]:
    """A shell that has activated the environment and named a home."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "FIRELINE_HOME": str(folder / "home")}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where the lines are typed: alerts lie there, and `fireline up` runs in the background as the block says."""
    (tmp_path / "alerts.jsonl").write_text("\n".join(beaconing(datetime.now(UTC), beats=1)) + "\n")
    (up,) = (line.removesuffix("&") for line in BLOCK.splitlines() if line.endswith("&"))
    engine = subprocess.Popen(
        shlex.split(up), env=environment(tmp_path), cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert engine.stdout is not None
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+\n", engine.stdout.readline())
    yield tmp_path
    engine.send_signal(signal.SIGINT)
    engine.communicate(timeout=PATIENCE_S)


def in_force(folder: Path, lease: str) -> bool:
    """Whether this lease is active now."""
    asked = ["fireline", "leases", "list", "--json"]
    answer = subprocess.run(asked, env=environment(folder), cwd=folder, capture_output=True, text=True, check=True)
    return (lease, "active") in {(item["id"], item["state"]) for item in json.loads(answer.stdout)["leases"]}


def until_in_force(folder: Path, lease: str) -> None:
    """Wait as a person would who reads what the last command printed."""
    deadline = time.monotonic() + PATIENCE_S
    while not in_force(folder, lease):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_ten_lines_do_what_they_say(folder: Path) -> None:
    said: list[str] = []
    for command in COMMANDS:
        for lease in re.findall(r"L-\d+", command):
            until_in_force(folder, lease)
        done = subprocess.run(shlex.split(command), env=environment(folder), cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        said.append(done.stdout)
    assert "AR-0003" in said[4]
    assert "verified" in said[-1]
