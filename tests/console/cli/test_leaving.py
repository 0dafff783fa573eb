"""A command that ran a Worker ends with its own exit code, not with the signal of a dying interpreter."""

import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.patience import PATIENCE_S

PROGRAM = Path(__file__).parent / "programs" / "worker_that_leaves.py"
TIMES = 30
"""Without `leave` about one in five dies, so thirty sound ones in a row are one chance in eight hundred."""


@pytest.fixture
async def address(temporal_test_server: str) -> AsyncIterator[str]:
    async with await WorkflowEnvironment.start_time_skipping(test_server_existing_path=temporal_test_server) as server:
        yield server.client.service_client.config.target_host


async def test_a_command_that_ran_a_worker_leaves_soundly_thirty_times(address: str) -> None:
    def run(number: int) -> tuple[int, str]:
        command = [sys.executable, str(PROGRAM), address, f"queue-{number}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S)
        return done.returncode, done.stdout

    with ThreadPoolExecutor(2) as two:
        assert [*two.map(run, range(TIMES))] == [(0, "done\n")] * TIMES


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        ("None", 0, ""),
        ("InvalidInput('port 1 is taken')", 2, "fireline: port 1 is taken\n"),
        ("ServiceAway('gone')", 3, "fireline: gone\n"),
    ],
)
def test_a_command_that_ran_a_worker_leaves_with_the_code_of_its_end(error: str, code: int, said: str) -> None:
    script = f"""
from console.cli.leaving import run_and_leave
from engine.errors import InvalidInput, ServiceAway
async def work():
    print("begun")
    if error := {error}:
        raise error
run_and_leave(work())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, done.stderr) == (code, "begun\n", said)
