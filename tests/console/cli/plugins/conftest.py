"""The plug-in of the page about plug-ins, built from what stands there, installed, and commands that find it."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from console.cli import extensions
from engine.model.base import Json
from tests.distributions import build, forget, install
from tests.patience import PATIENCE_S
from tests.processes import FIRELINE, environment

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "plugins.md").read_text()
NAME, PACKAGE = "acme-fireline", "acme_fireline"
FILES = {"__init__.py": "", **dict(re.findall(rf"(?ms)^```\w+\n# {PACKAGE}/(\w+\.\w+)\n(.*?)^```", PAGE))}
(MANIFEST,) = re.findall(r"(?ms)^```toml\n(.*?)^```", PAGE)
ENTRIES: Mapping[str, Mapping[str, str]] = tomllib.loads(MANIFEST)["project"]["entry-points"]


@dataclass
class Acme:
    """The plug-in where it is installed, and a home."""

    home: Path
    site: Path
    metadata: Path
    env: dict[str, str] = field(default_factory=dict)

    @property
    def package(self) -> Path:
        """Where its modules lie."""
        return self.site / PACKAGE

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command in a process of its own, with the plug-in on its path."""
        env = environment(self.home, **self.env, PYTHONPATH=f"{self.site}:{ROOT}")
        command = [sys.executable, *FIRELINE, *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=PATIENCE_S)

    def ask(self, *arguments: str, code: int = 0) -> Json:
        """A command's JSON, having ended as it should."""
        done = self.run(*arguments, "--json")
        assert done.returncode == code, done.stderr
        answer: Json = json.loads(done.stdout.splitlines()[-1])
        return answer


MakeAcme = Callable[..., Acme]


@pytest.fixture
def make(tmp_path: Path) -> MakeAcme:
    """`make(page=("old", "new"), …)`: the plug-in with this replaced in these modules."""

    def made(**edits: tuple[str, str]) -> Acme:
        sources = dict(FILES)
        for module, (old, new) in edits.items():
            (file,) = [name for name in sources if name.partition(".")[0] == module]
            assert old in sources[file]
            sources[file] = sources[file].replace(old, new)
        home, site = tmp_path / "home", tmp_path / "site"
        home.mkdir(mode=0o700)
        return Acme(home, site, install(build(tmp_path / "source", NAME, sources, ENTRIES), site))

    return made


@pytest.fixture
def acme(make: MakeAcme) -> Acme:
    return make()


@pytest.fixture
def pinned(acme: Acme) -> Acme:
    """Pinned as it is."""
    acme.ask("plugins", "pin", NAME)
    return acme


Here = Callable[[Acme], None]


@pytest.fixture
def here(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    """Let commands run in this process find the plug-in; python is as before once the test is over."""
    finders = [*sys.meta_path]

    def found(acme: Acme) -> None:
        monkeypatch.syspath_prepend(str(acme.site))

    extensions.forget()
    yield found
    extensions.forget()
    sys.meta_path[:] = finders
    forget(PACKAGE)
