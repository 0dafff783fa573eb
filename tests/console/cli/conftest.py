"""One running engine for all commands, and commands run in this process as the shell would run them."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.cli import main
from engine.model.base import Json
from tests.processes import Up


class Done:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Json:
        """Its one JSON object, and nothing else on stdout."""
        value: Json = json.loads(self.out)
        return value


Run = Callable[..., Done]


@pytest.fixture(autouse=True)
def umask() -> Iterator[None]:
    """What a command run in this process says of files ends with its test."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("leases", "list")`: the command with its exit code and what it said."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["fireline", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as leaving:
            main.run()
        said = capsys.readouterr()
        code = leaving.value.code
        return Done(code if isinstance(code, int) else 0, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`fireline up` on the demo's policy and site, for all tests of a module."""
    up = Up(tmp_path_factory.mktemp("commands") / "home", "up", "--policy", "demo", "--site", "demo")
    yield up
    assert up.interrupt() == 0


@pytest.fixture
def at(engine: Up, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Commands speak to the running engine; its home."""
    monkeypatch.setenv("FIRELINE_HOME", str(engine.home))
    return engine.home
