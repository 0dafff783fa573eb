"""A real OpenBao on loopback, with a key-value store of its own, for as long as a block lasts."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from engine.model.base import Json
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.processes import until

OURS = Path(__file__).parents[2] / ".servers" / "bin"
MISSING = "`bao` is not installed: make servers"
ROOT = "root"


def program() -> str:
    """Where OpenBao is; without it the test is skipped, in CI it fails."""
    found = shutil.which("bao", path=f"{OURS}:{os.environ['PATH']}")
    if found is None and os.environ.get("FIRELINE_REQUIRE_REAL") == "1":
        pytest.fail(MISSING)
    return found or pytest.skip(MISSING)


@dataclass
class OpenBao:
    """One server in its development mode: what is written stands in its memory."""

    url: str

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        answer = httpx.request(
            method,
            f"{self.url}/v1/{path}",
            json=body,
            headers={"X-Vault-Token": ROOT},
            trust_env=False,
            timeout=PATIENCE_S,
        )
        assert answer.is_success, answer.text
        found: Json = answer.json() if answer.content else {}
        return found

    def keep(self, path: str, **fields: str | int) -> None:
        """Write a secret's next version."""
        self.ask("POST", f"secret/data/{path}", {"data": {**fields}})

    def token(self, *rules: str) -> str:
        """A token that may do what these rules say, and no more."""
        self.ask("PUT", "sys/policies/acl/narrow", {"policy": "\n".join(rules)})
        made = self.ask("POST", "auth/token/create", {"policies": ["narrow"], "no_default_policy": True})["auth"]
        assert isinstance(made, dict)
        return str(made["client_token"])

    def answers(self) -> bool | None:
        try:
            return httpx.get(f"{self.url}/v1/sys/health", trust_env=False).is_success or None
        except httpx.TransportError:
            return None


@contextmanager
def openbao(folder: Path) -> Iterator[OpenBao]:
    """A server that nobody else knows."""
    # It takes the next one as well.
    port = free_port(in_a_row=2)
    listen = [f"-dev-listen-address=127.0.0.1:{port}", f"-dev-root-token-id={ROOT}", "-dev-no-store-token"]
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen(
            [program(), "server", "-dev", *listen],
            cwd=folder, env={"HOME": str(folder), "PATH": os.environ["PATH"]},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    made = OpenBao(f"http://127.0.0.1:{port}")
    try:
        until(made.answers, "OpenBao answers")
        yield made
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
