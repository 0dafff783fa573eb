"""The image as far as no container engine is needed: what goes in, what is left out, and each command in it tried."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from engine.settings import load
from tests.docker.images import DOCKERFILE, ROOT, pairs, said, stages
from tests.patience import PATIENCE_S

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
BUILD, FINAL = stages()
IMAGE = re.compile(r"[a-z]+:\d+\.\d+\.\d+[a-z0-9.-]*")
"""A name without a host, and every digit of a version."""


def installs() -> list[str]:
    return [command for command in said(BUILD, "RUN") if " install " in command]


def test_it_starts_from_an_exact_version_and_from_no_host_of_ours() -> None:
    bases = {said(stage, "FROM")[0].partition(" AS ")[0] for stage in (BUILD, FINAL)}
    assert [base for base in bases if not IMAGE.fullmatch(base)] == []
    assert len(bases) == 1


def test_what_it_runs_on_comes_from_the_locks_by_hash_and_is_compiled_nowhere() -> None:
    for command in installs():
        locked = "--require-hashes" in command and "--only-binary=:all:" in command
        assert locked or "--no-deps --no-index" in command, command


def test_it_builds_and_installs_this_version() -> None:
    version = PROJECT["project"]["version"]
    assert installs()[-1].endswith(f"/wheel/fireline-{version}-py3-none-any.whl")
    assert pairs(said(FINAL, "LABEL")[0])["org.opencontainers.image.version"] == version
    assert f"--tag fireline:{version} " in DOCKERFILE.read_text()


def test_the_build_lock_is_the_backend_and_all_that_it_needs(tmp_path: Path) -> None:
    [cut] = [command for command in said(BUILD, "RUN") if command.startswith("sed ")]
    (tmp_path / "requirements-dev.lock").write_text((ROOT / "requirements-dev.lock").read_text())
    subprocess.run(["sh", "-c", cut], cwd=tmp_path, check=True)
    lock = (tmp_path / "build.lock").read_text()
    pinned = set(re.findall(r"(?m)^([a-z-]+)==", lock))
    assert pinned == needed("hatchling")
    assert lock.count("--hash=") >= len(pinned)


def needed(name: str) -> set[str]:
    """A distribution and, at any remove, what it needs here."""
    asked = [Requirement(line) for line in requires(name) or []]
    wanted = [one.name for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    return {name}.union(*(needed(one) for one in wanted))


def test_the_builder_gets_what_the_wheel_is_made_from_and_nothing_else() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    let_in = {line.removeprefix("!").rstrip("/") for line in lines if line.startswith("!")}
    assert lines[0] == "*"
    assert let_in == {*PACKAGES, "LICENSE", "README.md", "pyproject.toml", "requirements.lock", "requirements-dev.lock"}
    assert {name for name in let_in if not (ROOT / name).exists()} == set()


def test_what_is_left_has_no_tools_and_runs_as_nobody_in_particular() -> None:
    [prepared] = said(FINAL, "RUN")
    assert prepared.startswith("pip uninstall --yes")
    assert set(re.findall(r"&& (\w+)", prepared)) == {"groupadd", "useradd", "install"}
    [user] = said(FINAL, "USER")
    number = user.partition(":")[0]
    assert int(number) > 0
    assert f"--uid {number}" in prepared
    assert f"--mode=0700 --owner={number}" in prepared
    words = [word for word, _ in FINAL]
    assert words.index("USER") > words.index("RUN")


def test_it_holds_no_secret_and_only_settings_that_there_are(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = pairs(said(FINAL, "ENV")[0])
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings = load()
    assert (settings.home, settings.api_port) == (Path("/var/lib/fireline"), 8321)
    assert said(FINAL, "VOLUME") == ['["/var/lib/fireline"]']
    assert not re.search(r"(?i)token|secret|passw|ARG ", DOCKERFILE.read_text().replace("/keys/token.pub", ""))


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that answers every GET so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def health(port: int) -> int:
    """What the health check leaves with, asking this port; a proxy of the environment is nobody it knows."""
    [check] = said(FINAL, "HEALTHCHECK")
    _, *arguments = json.loads(check.partition("CMD ")[2])
    there = {**os.environ, "FIRELINE_API_PORT": str(port), "HTTP_PROXY": "http://127.0.0.1:1"}
    return subprocess.run([sys.executable, *arguments], env=there, capture_output=True, timeout=PATIENCE_S).returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_its_health_check_says_what_healthz_says(status: int, code: int) -> None:
    with answering(status) as port:
        assert health(port) == code


def test_its_health_check_finds_nobody_where_there_is_nobody() -> None:
    assert health(1) == 1


def test_it_starts_a_command_of_ours() -> None:
    assert [json.loads(line) for line in (*said(FINAL, "ENTRYPOINT"), *said(FINAL, "CMD"))] == [["fireline"], ["up"]]
    assert "fireline" in PROJECT["project"]["scripts"]
