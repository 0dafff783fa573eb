"""`fireline up` with its record in PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from actions.simulators.events import Op
from console.client import EngineClient
from detectors.generators import alerts
from engine.model.base import Json
from engine.settings import Settings
from tests.bench import findings
from tests.patience import PATIENCE_S
from tests.postgres import Postgres
from tests.processes import Up, fireline, run_here, until

UP = ("up", "--policy", "demo", "--site", "demo")

Place = Callable[[str, str], Path]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """`place(name, url)`: a home whose settings name that database."""

    def make(name: str, url: str) -> Path:
        home = tmp_path / name
        home.mkdir(mode=0o700)
        (home / "fireline.yaml").write_text(f"database_url: {url}\n")
        return home

    return make


def health(engine: Up) -> int:
    return httpx.get(f"{engine.first_line}/healthz", trust_env=False, timeout=PATIENCE_S).status_code


def test_an_incident_is_carried_to_its_release_over_an_outage_a_second_engine_and_a_kill(
    place: Place, postgres: Postgres, in_server: str, tmp_path: Path
) -> None:
    home = place("home", in_server)
    engine = Up(home, *UP)
    found = findings(alerts.beaconing(datetime.now(UTC), beats=1), tmp_path)
    sensed: Json = {"findings": [one.model_dump(mode="json") for one in found], "hand_fed": False}
    EngineClient(Settings(home=home)).post("/findings", sensed)
    [lease, *_] = until(lambda: engine.leases_in("active"), "it is contained")

    postgres.stop()
    try:
        until(lambda: health(engine) == 503, "it says that it cannot work")
    finally:
        postgres.start()
    until(lambda: health(engine) == 200, "it goes on by itself")
    second = fireline(place("other", in_server), *UP)
    assert (second.returncode, second.stdout) == (3, "")
    assert "another engine has this database" in second.stderr
    engine.kill()

    again = Up(home, *UP)
    until(lambda: lease["id"] in [one["id"] for one in again.leases_in("released")], "it ends by itself")
    assert again.interrupt() == 0
    done = [event.op for event in again.site.history() if event.owner == lease["owner"]]
    assert (done.count(Op.PLACED), done.count(Op.RELEASED)) == (1, 1)
    verified = run_here(home, "ledger", "verify")
    assert (verified.returncode, (home / "fireline.db").exists()) == (0, False), verified.stderr
