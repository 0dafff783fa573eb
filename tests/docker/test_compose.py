"""The compose file: hardened, without secrets, in settings that there are; its services tried as processes."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from engine.settings import load
from tests.docker.images import COMPOSE, Service, services
from tests.patience import PATIENCE_S
from tests.postgres import SETTINGS, Postgres
from tests.processes import Up, until
from tests.temporal import free_ports
from workflows.temporal_server import LOOPBACK, Ports, command_line

SERVICES = services()
OURS = {name: service for name, service in SERVICES.items() if name != "database"}
DATABASE, ENGINE, TEMPORAL, WORKER = (SERVICES[name] for name in ("database", "engine", "temporal", "worker"))
WAITS = Path("/var/lib/fireline/temporal.db")
SOCKET = "/run/postgresql"
BLOCK = ("actions", "request", "network.block_ip", "--target", "203.0.113.7", "--reason", "scanning", "--lease", "5m")


@pytest.mark.parametrize("name", SERVICES)
def test_each_has_nothing_that_it_does_not_need(name: str) -> None:
    given = SERVICES[name].model_extra or {}
    assert (given["read_only"], given["cap_drop"], given["security_opt"]) == (
        True, ["ALL"], ["no-new-privileges:true"],
    )  # fmt: skip
    assert not {"ports", "privileged", "pid", "cap_add", "devices"} & given.keys()


def test_all_of_ours_are_one_image_of_an_exact_version() -> None:
    [image] = {service.image for service in OURS.values()}
    assert re.fullmatch(r"fireline:\d+\.\d+\.\d+", image)
    said = {word for service in OURS.values() for word in service.model_extra or {}}
    assert not {"user", "network_mode"} & said


def test_the_database_has_no_network_and_nobody_but_the_engine_has_its_socket() -> None:
    given = DATABASE.model_extra or {}
    assert (given["network_mode"], DATABASE.networks) == ("none", ())
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", given["user"])
    reached = [name for name, service in SERVICES.items() if f"socket:{SOCKET}" in service.volumes]
    assert reached == ["database", "engine"]
    assert SOCKET in ENGINE.environment["FIRELINE_DATABASE_URL"]


def test_only_the_engine_leads_outside_and_the_worker_has_no_place_of_the_engine_s() -> None:
    assert [name for name, service in SERVICES.items() if "outside" in service.networks] == ["engine"]
    kept = {name: [str(volume) for volume in service.volumes] for name, service in SERVICES.items()}
    assert kept["engine"] == ["engine:/var/lib/fireline", f"socket:{SOCKET}"]
    assert [one for one in kept["worker"] if "engine" in one] == []
    assert "'read_only': True" in kept["worker"][1]


def test_there_is_no_secret_in_it() -> None:
    text = re.sub(r"(?m)#.*$", "", COMPOSE.read_text()).replace("token.pub", "").replace("TOKEN_PUBLIC_KEY", "")
    assert re.findall(r"(?i)token|secret|passw", text) == []
    addresses = [urlsplit(found) for found in re.findall(r"\S+://\S+", text)]
    assert [address.password for address in addresses] == [None]


@pytest.mark.parametrize("name", ["engine", "worker"])
def test_what_it_sets_are_settings(name: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES[name].environment.items():
        monkeypatch.setenv(variable, value)
    assert load().temporal_address == "temporal:7233"


def test_temporal_is_started_as_the_embedded_one_is_but_for_the_network() -> None:
    ports = Ports(grpc=7233, http=7243, ui=8233, metrics=9233)
    _, *embedded = command_line("temporal", ports, WAITS, "fireline")
    assert [*TEMPORAL.command] == ["0.0.0.0" if word == LOOPBACK else word for word in embedded]
    assert TEMPORAL.entrypoint == ("temporal",)
    assert TEMPORAL.healthcheck.test[-1] == "127.0.0.1:7233"


@contextmanager
def temporal(folder: Path, ports: Ports) -> Iterator[str]:
    """The service as a process, on ports that are free here; its address."""
    here = {"0.0.0.0": LOOPBACK, str(WAITS): str(folder / "temporal.db")}
    here |= {"7233": str(ports.grpc), "7243": str(ports.http), "8233": str(ports.ui), "9233": str(ports.metrics)}
    program = Path(sys.executable).parent / TEMPORAL.entrypoint[0]
    with (folder / "temporal.log").open("wb") as log:
        process = subprocess.Popen(
            [program, *(here.get(word, word) for word in TEMPORAL.command)], stdout=log, stderr=log, cwd=folder
        )
    try:
        until(lambda: is_healthy(program, ports) or None, "Temporal answers its health check")
        yield ports.address
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def is_healthy(program: Path, ports: Ports) -> bool:
    _, _, *asked = TEMPORAL.healthcheck.test
    words = [word.replace("127.0.0.1:7233", ports.address) for word in asked]
    return subprocess.run([program, *words], capture_output=True, timeout=PATIENCE_S).returncode == 0


@contextmanager
def started(service: Service, folder: Path, **here: str) -> Iterator[Up]:
    """A service of ours as a process in a folder of its own; it ends well when it is told to."""
    process = Up(folder / "home", *service.command, **{**service.environment, **here})
    try:
        yield process
    finally:
        code = process.interrupt()
    assert code == 0


@pytest.fixture
def socket(postgres: Postgres) -> Iterator[str]:
    """Where the server of the tests is found, with the service's database in it, fresh and empty."""
    postgres.admin("CREATE DATABASE fireline OWNER fireline")
    yield str(postgres.folder)
    postgres.admin("DROP DATABASE fireline WITH (FORCE)")


def test_the_database_is_the_one_that_is_tried_here_and_answers_its_health_check(
    postgres: Postgres, socket: str
) -> None:
    told = subprocess.run([postgres.programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert f"{told.stdout.split()[-1]}-bookworm" == DATABASE.image.removeprefix("postgres:")
    assert ("postgres", "-c", SETTINGS[0]) == DATABASE.command
    _, program, *words = DATABASE.healthcheck.test
    there = {**os.environ, "PGHOST": socket}
    assert subprocess.run([postgres.programs / program, *words], env=there, stdout=subprocess.DEVNULL).returncode == 0
    there["PGHOST"] = "/nowhere"
    asked = subprocess.run([postgres.programs / program, *words], env=there, capture_output=True)
    assert asked.returncode != 0


def test_together_they_act_with_what_it_gives_them_and_nothing_else(tmp_path: Path, socket: str) -> None:
    places = {name: tmp_path / name for name in SERVICES}
    for place in places.values():
        place.mkdir()
    key = places["worker"] / "token.pub"
    with (
        temporal(places["temporal"], free_ports()) as address,
        started(ENGINE, places["engine"], TEMPORAL_ADDRESS=address, FIRELINE_POLICY="demo", **to(socket)) as engine,
    ):
        shutil.copy(engine.home / "keys" / "token.pub", key)
        there = {"TEMPORAL_ADDRESS": address, "FIRELINE_TOKEN_PUBLIC_KEY": str(key)}
        with started(WORKER, places["worker"], **there) as worker:
            until(lambda: engine.ask("status")["connectors"] or None, "the engine hears of the worker's connector")
            engine.ask(*BLOCK)
            until(lambda: states(engine) == ["active"] or None, "the worker acts")
            assert {file.name for file in worker.home.iterdir()} & {"keys", "people.yaml", "run"} == set()
            assert [file for home in (engine.home, worker.home) for file in home.glob("*.db")] == []


def to(socket: str) -> dict[str, str]:
    """The engine's way to its database, which is elsewhere here."""
    return {"FIRELINE_DATABASE_URL": ENGINE.environment["FIRELINE_DATABASE_URL"].replace(SOCKET, socket)}


def states(engine: Up) -> list[object]:
    """Of every effect."""
    found = engine.ask("leases", "list")["leases"]
    assert isinstance(found, list)
    return [lease["state"] for lease in found if isinstance(lease, dict)]
