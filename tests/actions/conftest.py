"""A simulated site of five hosts for the tests of actions."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.simulators.site import Site
from engine.context.file import ContextFile
from engine.context.parts import Job, Message, Segment, SegmentKind
from engine.model.context import Asset, Identity

pytest.register_assert_rewrite("tests.actions.conformance")

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
    assets = (
        Asset(name="files-01", addresses=("10.20.4.16",), services=("files",), redundancy_group="files"),
        Asset(name="files-02", addresses=("10.20.4.17",), redundancy_group="files", fingerprint="install-1"),
        Asset(name="web-01", addresses=("10.20.4.20",), depends_on=("files",)),
        Asset(name="bkp-02", addresses=("10.20.9.2", "fd00::9:2")),
        Asset(name="guest-07", addresses=("10.99.0.7",)),
    )
    backup = Job(name="backup", tag="backup", source="files-01", destination="bkp-02", port=8400)
    return ContextFile(
        assets=assets,
        identities=(Identity(name="j.doe"), Identity(name="svc-old", enabled=False)),
        segments=(Segment(name="guest", cidr="10.99.0.0/24", kind=SegmentKind.GUEST),),
        messages=(Message(id="<Invoice.1@example.net>", mailbox="j.doe"),),
        jobs=(backup,),
    )


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
