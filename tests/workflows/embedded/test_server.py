"""The embedded Temporal server: on loopback, kept up, and clear about what stops it."""

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from engine.errors import EngineBug, ServiceAway
from engine.settings import Settings, load
from tests.ports import free_port
from workflows import embedded
from workflows.embedded import EmbeddedTemporal
from workflows.own_process import identify
from workflows.temporal_server import Ports, PortTaken, serves

Make = Callable[..., EmbeddedTemporal]
Connect = Callable[[str], Awaitable[Callable[[], Awaitable[str]]]]
REAL = Path(sys.executable).parent / "temporal"
DIES = Path(__file__).parent.parent / "programs" / "temporal"


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `temporal` that dies at its start: always, or only the first time where there is a `real` beside it."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    return Path(shutil.copy(DIES, tmp_path))


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


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


async def test_a_killed_server_comes_back_on_its_port(temporal: EmbeddedTemporal, connect: Connect) -> None:
    hear = await connect(temporal.address)
    watching = asyncio.create_task(temporal.watch())
    first = pid_of(temporal)
    os.kill(first, signal.SIGKILL)
    assert await hear() == "fireline"
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


async def test_a_death_at_start_is_tried_again_on_other_ports(fake: Path, make: Make) -> None:
    server = make()
    fake.with_name("real").symlink_to(REAL)
    assert await serves(await server.start(), "fireline")
    first, second = starts(fake)
    assert first.isdisjoint(second)


async def test_a_port_asked_for_is_kept_after_a_death_at_start(fake: Path, make: Make) -> None:
    port = free_port()
    fake.with_name("real").symlink_to(REAL)
    assert await make(load({"temporal_port": port})).start() == f"127.0.0.1:{port}"
    assert [str(port) in numbers for numbers in starts(fake)] == [True, True]


async def test_a_server_that_always_dies_is_given_up_with_the_first_line_of_its_panic(fake: Path, make: Make) -> None:
    with pytest.raises(ServiceAway) as caught:
        await make().start()
    assert len(starts(fake)) == embedded.START_TRIES
    assert "died at its start (exit code 2): panic: runtime error: nil pointer  dereference: see " in str(caught.value)


def starts(fake: Path) -> list[set[str]]:
    """The ports of each start."""
    lines = fake.with_name("starts").read_text().splitlines()
    return [{word for word in line.split() if word.isdecimal()} for line in lines]


def test_it_has_no_address_before_its_start(settings: Settings) -> None:
    with pytest.raises(EngineBug, match="before its start"):
        _ = EmbeddedTemporal(settings).address
