"""Processes known again by more than their number."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from workflows import own_process
from workflows.own_process import OwnProcess, identify

STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"
Child = subprocess.Popen[bytes]


@pytest.fixture
def stubborn() -> Iterator[Child]:
    """A process that does not end when asked to."""
    command = [sys.executable, "-c", STUBBORN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


def known(child: Child) -> OwnProcess:
    found = identify(child.pid)
    assert found is not None
    return found


def test_a_process_is_known_again(stubborn: Child) -> None:
    assert known(stubborn) == known(stubborn)
    assert known(stubborn).is_running()
    assert sys.executable in known(stubborn).command


@pytest.mark.parametrize("other", [{"started": "before"}, {"command": "another"}])
async def test_another_process_under_its_number_is_never_signalled(stubborn: Child, other: dict[str, object]) -> None:
    stranger = known(stubborn).model_copy(update=other)
    stranger.signal(signal.SIGKILL)
    await stranger.end(0.1)
    assert not stranger.is_running()
    assert stubborn.poll() is None


async def test_what_does_not_end_when_asked_is_made_to(stubborn: Child) -> None:
    process = known(stubborn)
    await process.end(0.1)
    assert not process.is_running()
    assert stubborn.wait() == -signal.SIGKILL


async def test_what_is_gone_stays_gone(stubborn: Child) -> None:
    process = known(stubborn)
    stubborn.kill()
    stubborn.wait()
    await process.end(0.1)
    assert identify(process.pid) is None


async def test_remains_that_nobody_buried_do_not_count_as_running(stubborn: Child) -> None:
    process = known(stubborn)
    await process.end(0.1)
    # Not waited for yet: its number is still taken.
    assert identify(process.pid) is None


def test_the_portable_way_sees_the_same(stubborn: Child, require_real: Callable[[str, str], str]) -> None:
    require_real("ps", "procps")
    linux, portable = known(stubborn), own_process._from_ps(stubborn.pid)
    assert portable is not None
    assert (portable.pid, portable.command) == (linux.pid, linux.command)
    assert own_process._from_ps(2**22 + 1) is None
