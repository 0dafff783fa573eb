"""Sensors by client certificate: real handshakes at the sensors' port, and what is behind it."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from console.api.app import build_app
from console.api.backend import Backend
from console.api.sensors import sensors_config
from console.people import parse
from console.serving import listen, served
from console.strangers import Strangers
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.principal import Role
from engine.model.sign_in import SensorsSettings
from tests.bench import Bench
from tests.console.api.authority import DAY, HERE, Authority, Files, trusting
from tests.console.api.conftest import only
from tests.patience import PATIENCE_S

FINDINGS = "/api/v1/findings"
SPIFFE = "spiffe://site.example/edr"


@dataclass(frozen=True)
class Port:
    """The sensors' port, and the authorities around it."""

    url: str
    ours: Authority
    other: Authority

    def sensor(self, shows: Files | None) -> httpx.AsyncClient:
        """A sensor that trusts us, and what it shows of itself."""
        return httpx.AsyncClient(
            base_url=self.url, verify=trusting(self.ours, shows), trust_env=False, timeout=PATIENCE_S
        )

    async def handshake(self, shows: Files | None) -> bytes:
        """What comes back to a request over a connection of its own; nothing where that is refused."""
        return await asyncio.to_thread(self._talk, shows)

    def _talk(self, shows: Files | None) -> bytes:
        at = ("127.0.0.1", int(self.url.rpartition(":")[2]))
        context = trusting(self.ours, shows)
        with (
            suppress(ssl.SSLError, ConnectionError),
            socket.create_connection(at, timeout=PATIENCE_S) as raw,
            context.wrap_socket(raw, server_hostname="127.0.0.1") as tls,
        ):
            tls.sendall(b"GET /api/v1/findings HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
            # What TLS 1.3 has refused shows at the first reading.
            return tls.recv(12)
        return b""


@asynccontextmanager
async def opened(backend: Backend, bench: Bench, folder: Path) -> AsyncIterator[Port]:
    ours, other = (Authority(folder, name, bench.now) for name in ("ours", "other"))
    host = ours.sign("engine", HERE)
    settings = SensorsSettings(
        host="127.0.0.1", port=0, certificate=str(host.certificate), key=str(host.key), client_ca=str(ours.file)
    )
    listener = listen(settings.host, settings.port, "sensors.port")
    async with served(sensors_config(build_app(backend), settings), listener):
        yield Port(f"https://127.0.0.1:{listener.getsockname()[1]}", ours, other)


@pytest.fixture
async def port(backend: Backend, bench: Bench, tmp_path: Path) -> AsyncIterator[Port]:
    async with opened(backend, bench, tmp_path) as made:
        yield made


def belongs(bench: Bench, certificate: str, name: str = "only-analyst") -> None:
    """Write down whose certificate it is."""
    file = bench.settings.people_file
    file.write_text(file.read_text().replace(f"  {name}: {{", f'  {name}: {{certificates: ["{certificate}"], ', 1))


def body(bench: Bench) -> Json:
    finding: Json = {
        "id": "edr-1", "detector": "edr.beacon", "detector_version": "7", "time": bench.now.isoformat(),
        "reported_time": bench.now.isoformat(), "title": "beacon", "category": "command-and-control",
        "severity": "high", "confidence": 0.9, "observables": [{"type": "ip", "value": "203.0.113.44"}],
        "origin": {"product": "edr"},
    }  # fmt: skip
    return {"findings": [finding]}


async def test_a_sensor_known_by_its_fingerprint_hands_findings_in(port: Port, bench: Bench) -> None:
    files = port.ours.sign("edr")
    belongs(bench, f"sha256:{files.fingerprint}")
    async with port.sensor(files) as sensor:
        answer = await sensor.post(FINDINGS, json=body(bench))
    assert answer.status_code == 200, answer.text
    assert {entry.actor for entry in bench.entries("finding.accepted")} == {"only-analyst"}


async def test_a_sensor_known_by_a_uri_among_its_names_hands_findings_in(port: Port, bench: Bench) -> None:
    belongs(bench, SPIFFE)
    async with port.sensor(port.ours.sign("edr", x509.UniformResourceIdentifier(SPIFFE))) as sensor:
        assert (await sensor.post(FINDINGS, json=body(bench))).status_code == 200


async def test_a_handshake_that_succeeds_is_answered(port: Port) -> None:
    assert await port.handshake(port.ours.sign("edr")) == b"HTTP/1.1 401"


async def test_without_a_certificate_there_is_no_request(port: Port) -> None:
    assert await port.handshake(None) == b""


async def test_a_certificate_of_another_authority_ends_the_handshake(port: Port, bench: Bench) -> None:
    files = port.other.sign("edr", x509.UniformResourceIdentifier(SPIFFE))
    belongs(bench, SPIFFE)
    assert await port.handshake(files) == b""


async def test_an_expired_certificate_ends_the_handshake(port: Port, bench: Bench) -> None:
    files = port.ours.sign("edr", ends=bench.now - DAY)
    belongs(bench, f"sha256:{files.fingerprint}")
    assert await port.handshake(files) == b""


async def test_a_connection_that_outlives_its_certificate_hands_nothing_in(
    port: Port, bench: Bench, strangers: Strangers
) -> None:
    files = port.ours.sign("edr")
    belongs(bench, f"sha256:{files.fingerprint}")
    async with port.sensor(files) as sensor:
        assert (await sensor.post(FINDINGS, json=body(bench))).status_code == 200
        bench.now += DAY
        assert (await sensor.post(FINDINGS, json=body(bench))).status_code == 401
    assert strangers.take()[0].source == f"127.0.0.1 with sha256:{files.fingerprint[:16]} (expired)"


async def test_one_that_our_authority_signed_and_nobody_here_has_is_a_stranger_s(
    port: Port, bench: Bench, strangers: Strangers
) -> None:
    files = port.ours.sign("new", x509.DNSName("only-analyst"))
    async with port.sensor(files) as sensor:
        assert (await sensor.post(FINDINGS, json=body(bench))).status_code == 401
    assert strangers.take()[0].source == f"127.0.0.1 with sha256:{files.fingerprint[:16]} (nobody here has it)"


async def test_one_struck_off_the_people_s_file_opens_nothing_from_then_on(port: Port, bench: Bench) -> None:
    files, file = port.ours.sign("edr"), bench.settings.people_file
    text = file.read_text()
    belongs(bench, f"sha256:{files.fingerprint}")
    async with port.sensor(files) as sensor:
        assert (await sensor.post(FINDINGS, json=body(bench))).status_code == 200
        file.write_text(text)
        assert (await sensor.post(FINDINGS, json=body(bench))).status_code == 401


async def test_it_opens_the_doors_for_findings_and_no_other_whoever_has_it(port: Port, bench: Bench) -> None:
    files = port.ours.sign("edr")
    belongs(bench, f"sha256:{files.fingerprint}", "only-admin")
    async with port.sensor(files) as sensor:
        closed = {path: (await sensor.get(path)).status_code for path in ("/healthz", "/auth/link", "/api/v1/status")}
        refused = [await sensor.get(FINDINGS), await sensor.post(f"{FINDINGS}/none/verdict", json={})]
    assert set(closed.values()) == {404}
    assert [answer.status_code for answer in refused] == [403, 403]
    assert "with a certificate that does not open `read`" in refused[0].json()["title"]


async def test_a_token_adds_nothing_to_a_certificate(port: Port, bench: Bench) -> None:
    async with port.sensor(port.ours.sign("new")) as sensor:
        said = {"Authorization": f"Bearer {only(Role.ADMIN)}"}
        assert (await sensor.post(FINDINGS, json=body(bench), headers=said)).status_code == 401


@pytest.mark.parametrize("header", ["X-Client-Cert", "X-Forwarded-Client-Cert", "SSL_CLIENT_S_DN"])
async def test_no_header_stands_in_for_a_certificate(backend: Backend, bench: Bench, header: str) -> None:
    belongs(bench, SPIFFE)
    transport = httpx.ASGITransport(build_app(backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        assert (await client.post(FINDINGS, json=body(bench), headers={header: SPIFFE})).status_code == 401


def test_nobody_has_somebody_else_s_certificate(bench: Bench) -> None:
    belongs(bench, SPIFFE)
    belongs(bench, SPIFFE, "only-viewer")
    with pytest.raises(InvalidInput, match="it names `only-.*` already"):
        parse(bench.settings.people_file)


async def test_a_key_that_others_may_read_or_a_file_that_is_none_is_refused(
    backend: Backend, bench: Bench, tmp_path: Path
) -> None:
    host = Authority(tmp_path, "ours", bench.now).sign("engine", HERE)
    good = SensorsSettings(
        host="127.0.0.1", port=0, certificate=str(host.certificate), key=str(host.key), client_ca=str(host.key)
    )
    with pytest.raises(InvalidInput, match="sensors: .* is not what it should be"):
        sensors_config(build_app(backend), good)
    with pytest.raises(InvalidInput, match="sensors: `/nowhere` cannot be read"):
        sensors_config(build_app(backend), good.model_copy(update={"key": "/nowhere"}))
    host.key.chmod(0o644)
    with pytest.raises(InvalidInput, match="sensors: `.*` may be read by others"):
        sensors_config(build_app(backend), good)
