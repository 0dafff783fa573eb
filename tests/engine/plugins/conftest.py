"""A small plug-in of somebody else's, built and installed for real, and python as it was once a test is over."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine.model.plugin import PluginKind, PluginPin, PluginReport
from engine.plugins.installed import Candidate, candidates
from engine.plugins.loading import Plugins, load_plugins
from tests.distributions import build, forget, install

NAME = "acme-hours"
CHECK = """
from acme_hours.words import SAID
from engine.model.check import CheckOutcome, CheckResult


class Hours:
    id = "acme-hours"

    def run(self, subject):
        return CheckResult(check=self.id, outcome=CheckOutcome.WARN, summary=SAID)


CHECK = Hours()
"""
SOURCES = {"__init__.py": "", "check.py": CHECK, "words.py": 'SAID = "outside of office hours"\n'}
ENTRIES = {"fireline.checks": {NAME: "acme_hours.check:CHECK"}}
TAKEN = {PluginKind.CHECK: ["freeze"]}


@dataclass(frozen=True)
class Place:
    """A folder on the path, with the plug-in in it."""

    site: Path
    metadata: Path

    @property
    def package(self) -> Path:
        """Where its modules lie."""
        return self.site / "acme_hours"

    def candidate(self) -> Candidate:
        """What is found there."""
        (found,) = candidates([str(self.site)])
        return found

    def pin(self, **changes: object) -> PluginPin:
        """A pin to what lies there now."""
        given = {"name": NAME, "digest": self.candidate().read().digest, "checks": [NAME], **changes}
        return PluginPin.model_validate(given)

    def load(self, *pins: PluginPin) -> Plugins:
        """What these pins let in."""
        return load_plugins(pins, TAKEN, [str(self.site)])

    def report(self, *pins: PluginPin) -> PluginReport:
        """What became of it."""
        (report,) = self.load(*pins).reports
        return report


Make = Callable[..., Place]


@pytest.fixture
def python() -> Iterator[None]:
    """Imports as they were before the test."""
    before = [*sys.meta_path]
    yield
    sys.meta_path[:] = before
    forget("acme_hours")


@pytest.fixture
def make(tmp_path: Path, python: None) -> Make:
    """`make(sources={…}, entries={…})`: the plug-in with these changes, installed."""

    def made(sources: dict[str, str] = {}, entries: dict[str, dict[str, str]] = ENTRIES) -> Place:  # noqa: B006
        wheel = build(tmp_path / "source", NAME, {**SOURCES, **sources}, entries)
        return Place(tmp_path / "site", install(wheel, tmp_path / "site"))

    return made


@pytest.fixture
def place(make: Make) -> Place:
    return make()
