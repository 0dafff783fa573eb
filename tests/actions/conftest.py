"""A simulated site of five hosts for the tests of actions."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.conformance import simulated
from actions.simulators.site import Site
from engine.context.file import ContextFile

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
OpenSite = Callable[[], Site]


class Naps:
    """Passes the time at once, and remembers how much."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def place() -> ContextFile:
    return simulated.place()


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
def open_site(tmp_path: Path, place: ContextFile, naps: Naps) -> OpenSite:
    """Opens the same site once more, as another process would."""
    return lambda: Site(tmp_path / "site", place, lambda: NOW, sleep=naps)


@pytest.fixture
def site(open_site: OpenSite) -> Site:
    return open_site()
