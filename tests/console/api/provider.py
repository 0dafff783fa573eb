"""A real identity provider, in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.processes import until


@contextmanager
def provider() -> Iterator[str]:
    """Its issuer; whoever asks there signs in as whom they like."""
    port = free_port()
    words = ("-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true")
    nowhere = subprocess.DEVNULL
    process = subprocess.Popen([sys.executable, *words], stdin=nowhere, stdout=nowhere, stderr=nowhere)
    where = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(where), "the identity provider is up")
        yield where
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(where: str) -> bool | None:
    try:
        return httpx.get(f"{where}/jwks", trust_env=False, timeout=PATIENCE_S).is_success or None
    except httpx.TransportError:
        return None
