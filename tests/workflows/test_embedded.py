"""The embedded Temporal server: one a home, on loopback, and never more than the processes that are ours."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.service import ConnectConfig, ServiceClient

from engine.errors import EngineBug, ServiceAway
from engine.settings import Settings, load
from workflows import embedded
from workflows.embedded import EmbeddedTemporal, Record
from workflows.own_process import identify
from workflows.temporal_server import Ports, PortTaken, free_ports, serves

Make = Callable[..., EmbeddedTemporal]
ENGINE = """
import asyncio
from engine.settings import load
from workflows.embedded import EmbeddedTemporal

async def main():
    temporal = EmbeddedTemporal(load())
    await temporal.start()
    print(temporal.pid, temporal.address, flush=True)
    await temporal.watch()

asyncio.run(main())
"""


@pytest.fixture
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    # Nobody's work is lost here by a server that is made to end.
    monkeypatch.setattr(embedded, "STOP_WITHIN", 0.2)
    return load()


@pytest.fixture
async def make(settings: Settings) -> AsyncIterator[Make]:
    """Makes servers, and stops whatever a test leaves of them."""
    made = list[EmbeddedTemporal]()

    def build(settings: Settings = settings) -> EmbeddedTemporal:
        made.append(EmbeddedTemporal(settings))
        return made[-1]

    yield build
    for server in made:
        await server.stop()


@pytest.fixture
async def temporal(make: Make) -> EmbeddedTemporal:
    server = make()
    await server.start()
    return server


@pytest.fixture
async def killed_engine(settings: Settings) -> AsyncIterator[tuple[int, str]]:
    """An engine that was killed while its server ran: the server's process id and address."""
    with subprocess.Popen([sys.executable, "-c", ENGINE], stdout=subprocess.PIPE, text=True) as engine:
        assert engine.stdout is not None
        pid, address = engine.stdout.readline().split()
        left = identify(int(pid))
        engine.kill()
    assert left is not None
    yield left.pid, address
    await left.end(0.2)


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of ours."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


async def connect(address: str) -> ServiceClient:
    return await ServiceClient.connect(ConnectConfig(target_host=address))


async def hear(client: ServiceClient, namespace: str = "fireline") -> str:
    """What a client hears that keeps trying while the server is away."""
    request = DescribeNamespaceRequest(namespace=namespace)
    found = await client.workflow_service.describe_namespace(request, retry=True, timeout=timedelta(seconds=20))
    return found.namespace_info.name


def pid_of(server: EmbeddedTemporal) -> int:
    assert server.pid is not None
    return server.pid


def listening(pid: int) -> set[str]:
    """Hexadecimal addresses on which a process accepts TCP connections (Linux)."""
    links = [os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()]
    rows = [
        row.split() for table in ("tcp", "tcp6") for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()
    ]
    return {row[1].partition(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in links}


async def test_it_serves_our_namespace(temporal: EmbeddedTemporal) -> None:
    assert await serves(temporal.address, "fireline")
    assert not await serves(temporal.address, "another")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_it_listens_on_loopback_only(temporal: EmbeddedTemporal) -> None:
    assert listening(pid_of(temporal)) == {"0100007F"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_it_sees_no_secret_of_ours(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_TOKEN", "hunter2")
    server = make()
    await server.start()
    seen = Path(f"/proc/{server.pid}/environ").read_bytes()
    await server.stop()
    assert b"PATH=" in seen
    assert b"hunter2" not in seen


async def test_ctrl_c_in_the_terminal_does_not_reach_it(temporal: EmbeddedTemporal) -> None:
    assert os.getsid(pid_of(temporal)) == pid_of(temporal)
    assert os.getpgid(pid_of(temporal)) != os.getpgid(0)


async def test_its_files_are_for_their_owner_only(temporal: EmbeddedTemporal, settings: Settings) -> None:
    assert settings.temporal_dir.stat().st_mode & 0o077 == 0
    assert (settings.log_dir / "temporal.log").stat().st_mode & 0o077 == 0


async def test_stop_leaves_nothing_running_and_may_be_repeated(settings: Settings, make: Make) -> None:
    server = make()
    await server.start()
    pid = pid_of(server)
    await server.stop()
    await server.stop()
    assert identify(pid) is None
    assert server.pid is None
    assert not (settings.run_dir / "temporal.json").exists()


async def test_a_killed_server_comes_back_on_its_port(temporal: EmbeddedTemporal) -> None:
    client = await connect(temporal.address)
    watching = asyncio.create_task(temporal.watch())
    first = pid_of(temporal)
    os.kill(first, signal.SIGKILL)
    assert await hear(client) == "fireline"
    assert temporal.pid != first
    await temporal.stop()
    await watching


async def test_watching_gives_up_where_the_port_stays_taken(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "ATTEMPTS", 3)
    monkeypatch.setattr(embedded, "FIRST_PAUSE", 0.01)
    server = make()
    port = int((await server.start()).rpartition(":")[2])
    await pid_gone(server)
    message = f"cannot be brought up again: port {port} of 127.0.0.1 is taken"
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ServiceAway, match=message):
        await server.watch()
    await server.stop()


async def pid_gone(server: EmbeddedTemporal) -> None:
    process = identify(pid_of(server))
    assert process is not None
    await process.end(5)


async def test_the_server_of_a_killed_engine_is_taken_over(killed_engine: tuple[int, str], make: Make) -> None:
    pid, address = killed_engine
    server = make()
    assert await server.start() == address
    assert server.pid == pid
    await server.stop()
    assert identify(pid) is None


async def test_a_server_taken_over_is_watched_too(killed_engine: tuple[int, str], make: Make) -> None:
    pid, _ = killed_engine
    server = make()
    client = await connect(await server.start())
    watching = asyncio.create_task(server.watch())
    os.kill(pid, signal.SIGKILL)
    assert await hear(client) == "fireline"
    assert server.pid != pid
    await server.stop()
    await watching


async def test_a_left_server_that_does_not_answer_is_replaced(killed_engine: tuple[int, str], make: Make) -> None:
    pid, _ = killed_engine
    os.kill(pid, signal.SIGSTOP)
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


async def test_a_taken_port_is_named(make: Make, listener: int) -> None:
    with pytest.raises(PortTaken, match=f"port {listener} of 127.0.0.1 is taken"):
        await make(load({"temporal_port": listener})).start()


async def test_a_port_lost_between_choice_and_start_is_named_by_the_server(
    make: Make, listener: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = Ports(grpc=listener, http=1, ui=1, metrics=1)
    monkeypatch.setattr(embedded, "free_ports", choosing(lost))
    with pytest.raises(PortTaken, match="died at its start .*address already in use"):
        await make(load({"temporal_port": listener})).start()


def choosing(ports: Ports) -> Callable[[int], Ports]:
    def choose(grpc: int = 0) -> Ports:
        return ports

    return choose


async def test_a_missing_binary_is_named(make: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceAway, match="no `temporal` beside python nor on PATH: install the package"):
        await make().start()


async def test_a_server_that_cannot_start_says_why(settings: Settings, make: Make) -> None:
    settings.make_directories()
    (settings.temporal_dir / "temporal.db").mkdir()
    with pytest.raises(ServiceAway, match=r"died at its start \(exit code 1\): .*: see .*temporal\.log"):
        await make().start()
    assert not (settings.run_dir / "temporal.json").exists()


async def test_an_engine_that_failed_to_start_may_try_again(settings: Settings, make: Make) -> None:
    settings.make_directories()
    (settings.temporal_dir / "temporal.db").mkdir()
    with pytest.raises(ServiceAway):
        await make().start()
    (settings.temporal_dir / "temporal.db").rmdir()
    server = make()
    assert await serves(await server.start(), "fireline")


def test_it_has_no_address_before_its_start(settings: Settings) -> None:
    with pytest.raises(EngineBug, match="before its start"):
        _ = EmbeddedTemporal(settings).address
