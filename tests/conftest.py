"""Fixtures that every part's tests share."""

import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.terminal import TerminalReporter
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.postgres import Postgres

ROOT = Path(__file__).parent.parent
VERDICT = pytest.StashKey[int]()
NO_DATA = "no sample data: set FIRELINE_DATA to its folder"
OURS = ("FIRELINE_", "TEMPORAL_", "OTEL_")

# A busy machine is no failure: what a test finds does not depend on how long an example takes.
settings.register_profile("fireline", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("fireline")


@pytest.fixture(scope="session")
def data() -> Path:
    """The public captures and alerts some tests read; they are no part of the project."""
    path = Path(os.environ.get("FIRELINE_DATA", ROOT.parent / "shared" / "data"))
    if not path.is_dir():
        pytest.skip(NO_DATA)
    return path


@pytest.fixture(scope="session")
def require_real() -> Callable[[str, str], str]:
    """`require_real(command, package)`: where a system command is; without it the test is skipped, in CI it fails."""

    def require(command: str, package: str) -> str:
        found = shutil.which(command, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
        missing = f"`{command}` is not installed: apt-get install {package}"
        if found is None and os.environ.get("FIRELINE_REQUIRE_REAL") == "1":
            pytest.fail(missing)
        return found or pytest.skip(missing)

    return require


@pytest.fixture(scope="session")
def temporal_test_server() -> str:
    """The time-skipping server of the development lock. Never hand the SDK None instead: it would download one."""
    beside = Path(sys.executable).parent / "temporal-test-server"
    assert beside.exists(), "run `make .venv`"
    return str(beside)


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """A real server for the tests that want one."""
    from tests.postgres import postgres

    with postgres() as server:
        yield server


@pytest.fixture
def in_server(postgres: "Postgres") -> Iterator[str]:
    """The address of a PostgreSQL database with the schema and nothing in it."""
    with postgres.emptied() as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A FIRELINE_HOME of its own (not made yet), and no other setting from the environment."""
    for name in [name for name in os.environ if name.startswith(OURS)]:
        monkeypatch.delenv(name)
    path = tmp_path / "home"
    monkeypatch.setenv("FIRELINE_HOME", str(path))
    return path


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter) -> Generator[None, None, None]:
    """Say at the very end how many tests were skipped, and why: among the lines of `-ra` it is easily overlooked."""
    yield
    reasons = Counter(skip_reason(report) for report in terminalreporter.getreports("skipped"))
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"not tested: {count} skipped: {reason}")


def skip_reason(report: pytest.TestReport) -> str:
    """Why, without where."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return text.removeprefix("Skipped: ")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Keep the verdict for `pytest_unconfigure`."""
    session.config.stash[VERDICT] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave at once: of processes that ran a Temporal Worker one in five dies by a signal at interpreter exit."""
    if "temporalio.worker" in sys.modules and not hasattr(config, "workerinput"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(VERDICT, 1))
