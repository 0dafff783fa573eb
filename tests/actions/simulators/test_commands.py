"""What the simulated site says to commands: the truth of its traffic, and nothing to what it does not know."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from actions.simulators.faults import FaultKind
from actions.simulators.site import Site
from console.clock import now
from engine.errors import ProbeFailed, TargetRefused, TargetUnavailable
from tests.bench import Bench, on_bench

WITHIN = timedelta(seconds=2)


@pytest.fixture
def bench(home: Path) -> Iterator[Bench]:
    with on_bench(home, now()) as made:
        yield made


async def block(site: Site, target: str) -> None:
    await site.hosts.isolate(target, "fl-1", ())


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("jobs-run", (), "all run"),
        ("jobs-run", ("nightly-backup",), "all run"),
        ("reaches", ("files-01", "bkp-02", "8400"), "reached"),
        ("resolves", ("www.example.com",), "answered"),
    ],
)
async def test_where_nothing_is_cut_everything_works(
    bench: Bench, command: str, arguments: tuple[str, ...], said: str
) -> None:
    assert await bench.site.ask(command, arguments, WITHIN) == said


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        ("jobs-run", (), "cut off: nightly-backup"),
        ("jobs-run", ("nightly-backup",), "cut off: nightly-backup"),
        ("reaches", ("files-01", "bkp-02", "8400"), "files-01 does not get through to bkp-02"),
    ],
)
async def test_what_is_cut_fails(bench: Bench, command: str, arguments: tuple[str, ...], said: str) -> None:
    await block(bench.site, "files-01")
    with pytest.raises(ProbeFailed, match=said):
        await bench.site.ask(command, arguments, WITHIN)


async def test_another_job_still_runs(bench: Bench) -> None:
    await block(bench.site, "files-01")
    assert await bench.site.ask("jobs-run", ("mail-backup",), WITHIN) == "all run"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("reboot", ()),
        ("reaches", ("files-01",)),
        ("reaches", ("files-01", "bkp-02", "http")),
        ("reaches", ("files-01", "nowhere-77")),
        ("resolves", ()),
    ],
)
async def test_what_cannot_be_asked_is_refused(bench: Bench, command: str, arguments: tuple[str, ...]) -> None:
    with pytest.raises(TargetRefused):
        await bench.site.ask(command, arguments, WITHIN)


async def test_a_site_that_is_away_answers_nothing(bench: Bench) -> None:
    bench.site.faults.switch_on(FaultKind.UNREACHABLE)
    with pytest.raises(TargetUnavailable):
        await bench.site.ask("jobs-run", (), WITHIN)
