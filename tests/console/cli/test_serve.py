"""`fireline serve` and `fireline worker` as real processes, with a Temporal that runs elsewhere, behind TLS."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from console.clock import now
from tests.console.api.authority import HERE, Authority, Files
from tests.console.cli.conftest import Run
from tests.patience import PATIENCE_S
from tests.processes import Up, fireline, until
from tests.temporal import Front, asks_for_certificates, in_front, temporal

BLOCK = ("actions", "request", "network.block_ip", "--target", "203.0.113.7", "--reason", "scanning", "--lease", "5m")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours", now())


@pytest.fixture
def cluster(tmp_path: Path, authority: Authority) -> Iterator[Front]:
    """It takes whoever shows a certificate of that authority, and nobody else."""
    context = asks_for_certificates(authority.sign("cluster", HERE), authority)
    with temporal(tmp_path) as address, in_front(address, context) as front:
        yield front


def way(cluster: Front, authority: Authority, shown: Files) -> dict[str, str]:
    """The variables by which a process of ours gets there."""
    tls = {"ca": str(authority.file), "certificate": str(shown.certificate), "key": f"file:{shown.key}"}
    return {
        "TEMPORAL_ADDRESS": cluster.address, "FIRELINE_TEMPORAL_TLS": json.dumps(tls),
        "FIRELINE_TEMPORAL_API_KEY": "env:CLUSTER_KEY", "CLUSTER_KEY": "a-key",
    }  # fmt: skip


@contextmanager
def started(folder: Path, *arguments: str, **variables: str) -> Iterator[Up]:
    """A process of ours, ended as a supervisor ends it."""
    process = Up(folder / "home", *arguments, **variables)
    try:
        yield process
    finally:
        process.process.send_signal(signal.SIGTERM)
        process.process.communicate(timeout=PATIENCE_S)
    assert process.process.returncode == 0


def test_one_decides_and_the_other_acts_by_a_cluster_that_asks_for_certificates(
    tmp_path: Path, cluster: Front, authority: Authority
) -> None:
    places = {name: tmp_path / name for name in ("engine", "zone")}
    for place in places.values():
        place.mkdir()
    there = {name: way(cluster, authority, authority.sign(name)) for name in places}
    with started(
        places["engine"], "serve", "--policy", "demo", "--site", "demo", "--json", **there["engine"]
    ) as engine:
        told = json.loads(engine.first_line)
        assert (told["temporal"], told["touches"], told["simulated"]) == (cluster.address, [], True)
        assert {path.name for path in (engine.home / "run").iterdir()} == {"engine.json", "engine.lock"}
        key = engine.home / "keys" / "token.pub"
        there["zone"]["FIRELINE_TOKEN_PUBLIC_KEY"] = str(key)
        with started(places["zone"], "worker", "--site", "demo", **there["zone"]) as zone:
            until(lambda: engine.ask("status")["connectors"] or None, "the engine hears of the worker's connector")
            engine.ask(*BLOCK)
            until(lambda: "active" in states(engine) or None, "the worker acts")
            left = {path.name for path in zone.home.iterdir()}
    assert left & {"fireline.db", "keys", "people.yaml"} == set()


def test_a_home_that_moves_to_another_temporal_ends_there_what_is_in_force(tmp_path: Path) -> None:
    settings = ("--policy", "demo", "--site", "demo")
    with started(tmp_path, "up", *settings) as alone:
        alone.ask(*BLOCK[:-1], "15s")
        until(lambda: states(alone) == ["active"] or None, "it is in force")
    with temporal(tmp_path) as address, started(tmp_path, "serve", *settings, TEMPORAL_ADDRESS=address) as engine:
        assert states(engine) != ["released"]
        with started(tmp_path, "worker", "--site", "demo", TEMPORAL_ADDRESS=address):
            until(lambda: states(engine) == ["released"] or None, "it ends, though nothing of before is there")


def states(engine: Up) -> list[object]:
    found = engine.ask("leases", "list")["leases"]
    assert isinstance(found, list)
    return [lease["state"] for lease in found if isinstance(lease, dict)]


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_without_an_address_of_temporal_it_says_what_to_set_and_makes_nothing(
    command: str, home: Path, run: Run
) -> None:
    done = run(command)
    assert (done.code, done.out) == (2, "")
    assert "set TEMPORAL_ADDRESS" in done.err
    assert not home.exists()


def test_a_worker_without_the_engine_s_key_is_refused(home: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    done = run("worker")
    assert done.code == 2
    assert "token.pub: cannot be read" in done.err


def test_where_no_temporal_answers_it_says_so_and_serves_nothing(tmp_path: Path) -> None:
    done = fireline(tmp_path / "home", "serve", "--site", "demo", TEMPORAL_ADDRESS="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (3, "")
    assert "Temporal at `127.0.0.1:1` cannot be spoken to: connection refused" in done.stderr
