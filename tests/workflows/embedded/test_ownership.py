"""One engine a home, which takes over what a killed one left and never touches a stranger."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import ServiceAway
from engine.settings import Settings, load
from tests.patience import PATIENCE_S
from workflows.embedded import EmbeddedTemporal, Record, end_left_behind
from workflows.own_process import identify
from workflows.temporal_server import free_ports, serves

Make = Callable[..., EmbeddedTemporal]
Connect = Callable[[str], Awaitable[Callable[[], Awaitable[str]]]]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of ours."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


async def test_the_server_of_a_killed_engine_is_taken_over(killed_engine: tuple[int, str], make: Make) -> None:
    pid, address = killed_engine
    server = make()
    assert await server.start() == address
    assert server.pid == pid
    await server.stop()
    assert identify(pid) is None


async def test_a_server_taken_over_is_watched_too(killed_engine: tuple[int, str], make: Make, connect: Connect) -> None:
    pid, _ = killed_engine
    server = make()
    hear = await connect(await server.start())
    watching = asyncio.create_task(server.watch())
    os.kill(pid, signal.SIGKILL)
    assert await hear() == "fireline"
    assert server.pid != pid
    await server.stop()
    await watching


async def hold_still(pid: int) -> None:
    """Stop a process; a busy machine takes a moment until none of its threads runs any more."""
    os.kill(pid, signal.SIGSTOP)
    threads = [*Path(f"/proc/{pid}/task").glob("*/stat")]
    async with asyncio.timeout(PATIENCE_S):
        while not all(thread.read_text().rpartition(")")[2].split()[0] == "T" for thread in threads):
            await asyncio.sleep(0.01)


async def test_a_left_server_that_does_not_answer_is_replaced(killed_engine: tuple[int, str], make: Make) -> None:
    pid, _ = killed_engine
    await hold_still(pid)
    server = make()
    await server.start()
    assert identify(pid) is None
    assert server.pid != pid


async def test_a_left_server_of_other_settings_is_replaced(killed_engine: tuple[int, str], make: Make) -> None:
    pid, _ = killed_engine
    server = make(load({"temporal_namespace": "another"}))
    assert await serves(await server.start(), "another")
    assert identify(pid) is None


async def test_clients_of_a_server_that_died_with_its_engine_find_the_next(
    killed_engine: tuple[int, str], make: Make
) -> None:
    pid, address = killed_engine
    os.kill(pid, signal.SIGKILL)
    server = make()
    assert await server.start() == address


async def test_a_server_that_nobody_starts_again_can_be_ended(
    killed_engine: tuple[int, str], settings: Settings
) -> None:
    pid, _ = killed_engine
    await end_left_behind(settings)
    await end_left_behind(settings)
    assert identify(pid) is None


@pytest.mark.parametrize("lie", [{"started": "another time"}, {"command": "temporal server"}])
async def test_a_process_that_is_not_ours_is_never_touched(
    settings: Settings, make: Make, bystander: subprocess.Popen[bytes], lie: dict[str, object]
) -> None:
    found = identify(bystander.pid)
    assert found is not None
    settings.make_directories()
    record = Record(process=found.model_copy(update=lie), ports=free_ports(), namespace="fireline")
    (settings.run_dir / "temporal.json").write_text(record.model_dump_json())
    server = make()
    await server.start()
    await server.stop()
    assert bystander.poll() is None


async def test_a_record_that_cannot_be_read_counts_as_none(settings: Settings, make: Make) -> None:
    settings.make_directories()
    (settings.run_dir / "temporal.json").write_text("{half")
    server = make()
    assert await serves(await server.start(), "fireline")


async def test_a_home_has_one_engine(temporal: EmbeddedTemporal, settings: Settings, make: Make) -> None:
    with pytest.raises(ServiceAway, match=f"another fireline already runs under `{settings.home}`"):
        await make().start()
    assert await serves(temporal.address, "fireline")


async def test_an_engine_that_failed_to_start_may_try_again(settings: Settings, make: Make) -> None:
    settings.make_directories()
    (settings.temporal_dir / "temporal.db").mkdir()
    with pytest.raises(ServiceAway):
        await make().start()
    (settings.temporal_dir / "temporal.db").rmdir()
    server = make()
    assert await serves(await server.start(), "fireline")
