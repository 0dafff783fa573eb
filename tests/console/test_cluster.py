"""The way to a Temporal elsewhere: a real one, with real TLS before it; and what is refused before a word is said."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from temporalio.client import Client

from console import cluster
from console.beside import beside
from console.clock import now
from console.cluster import connect, keep_key
from engine.errors import InvalidInput, ServiceAway
from engine.settings import Settings, load
from tests.console.api.authority import HERE, Authority, Files
from tests.patience import PATIENCE_S
from tests.temporal import Front, asks_for_certificates, in_front, temporal

KEY, NEXT = "societas", "00000001"
FIVE_BITS = "012aceiost"
"""Letters whose code in HPACK is their place here, in five bits (RFC 7541, appendix B)."""
BEARER = 0b1011101_00101_00011_101100_00101_101100_010100
"""`Bearer `, in the same code: forty bits."""


def coded(key: str) -> bytes:
    """A key of eight of those letters as it stands in a header: with what comes before it, ten whole bytes."""
    number = BEARER
    for letter in key:
        number = number << 5 | FIVE_BITS.index(letter)
    return number.to_bytes(10)


@dataclass(frozen=True)
class Site:
    """A cluster behind TLS that asks for a certificate; who signs those that it takes, and somebody else."""

    front: Front
    ours: Authority
    other: Authority
    shown: Files

    @property
    def tls(self) -> dict[str, str]:
        """What a client needs."""
        return {
            "ca": str(self.ours.file), "certificate": str(self.shown.certificate), "key": f"file:{self.shown.key}",
        }  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with temporal(tmp_path_factory.mktemp("temporal")) as address:
        yield address


@pytest.fixture(scope="module")
def site(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    ours, other = (Authority(folder, name, now()) for name in ("ours", "other"))
    own = ours.sign("cluster", HERE, x509.DNSName("temporal.example"))
    with in_front(server, asks_for_certificates(own, ours)) as front:
        yield Site(front, ours, other, ours.sign("engine"))


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTER_KEY", KEY)


def settings(tls: dict[str, str] | None = None, **more: str) -> Settings:
    """Those of an engine whose cluster is elsewhere."""
    return load({"temporal_address": "127.0.0.1:7233", "temporal_tls": tls, **more})


async def test_by_tls_with_a_certificate_of_ours_it_answers(site: Site) -> None:
    client = await connect(settings(site.tls), site.front.address)
    assert await client.service_client.check_health()


async def test_its_certificate_is_asked_for_the_name_that_is_set(site: Site) -> None:
    await connect(settings({**site.tls, "server_name": "temporal.example"}), site.front.address)
    with pytest.raises(ServiceAway, match="cannot be spoken to: its certificate is for another name"):
        await connect(settings({**site.tls, "server_name": "elsewhere.example"}), site.front.address)


async def test_without_a_certificate_or_with_one_of_somebody_else_it_does_not(site: Site) -> None:
    files = site.other.sign("stranger")
    for shown in ({}, {"certificate": str(files.certificate), "key": f"file:{files.key}"}):
        with pytest.raises(ServiceAway, match="it may speak TLS alone, or want a certificate"):
            await connect(settings({"ca": str(site.ours.file), **shown}), site.front.address)


async def test_a_cluster_that_our_authority_did_not_sign_is_not_spoken_to(site: Site) -> None:
    with pytest.raises(ServiceAway, match="cannot be spoken to: its certificate is signed by nobody"):
        await connect(settings({**site.tls, "ca": str(site.other.file)}), site.front.address)


async def test_where_one_of_both_speaks_tls_alone_that_is_said(site: Site, server: str) -> None:
    with pytest.raises(ServiceAway, match="cannot be spoken to: it speaks no TLS"):
        await connect(settings(site.tls), server)
    with pytest.raises(ServiceAway, match="cannot be spoken to: it ends the conversation"):
        await connect(settings(), site.front.address)


async def test_the_key_arrives_within_tls(site: Site) -> None:
    await connect(settings(site.tls, temporal_api_key="env:CLUSTER_KEY"), site.front.address)
    assert coded(KEY) in site.front.sent


async def test_a_key_that_is_changed_counts_from_then_on(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cluster, "KEY_EVERY_S", 0.01)
    given = settings(site.tls, temporal_api_key="env:CLUSTER_KEY")
    client = await connect(given, site.front.address)
    async with beside(keep_key(client, given)):
        monkeypatch.delenv("CLUSTER_KEY")
        await until_soon(lambda: "there is no secret at `env:CLUSTER_KEY`" in caplog.text)
        assert client.api_key == KEY
        monkeypatch.setenv("CLUSTER_KEY", NEXT)
        await until_soon(lambda: client.api_key == NEXT)
    assert await client.service_client.check_health()
    assert coded(NEXT) in site.front.sent


async def until_soon(happens: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not happens():
            await asyncio.sleep(0.01)


async def test_the_key_leaves_by_tls_alone_also_where_none_is_set(server: str) -> None:
    with in_front(server, None) as front:
        with pytest.raises(ServiceAway, match="cannot be spoken to: it speaks no TLS"):
            await connect(settings(temporal_api_key="env:CLUSTER_KEY"), front.address)
        began = bytes(front.sent[:2])
    assert began == b"\x16\x03", "the first bytes of a handshake"
    assert coded(KEY) not in front.sent
    assert KEY.encode() not in front.sent


async def test_in_the_clear_it_is_asked_for_our_namespace(server: str) -> None:
    await connect(settings(), server)
    with pytest.raises(InvalidInput, match="has no namespace `elsewhere`: make it there"):
        await connect(settings(temporal_namespace="elsewhere"), server)


async def test_who_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ServiceAway, match=r"does not answer within 0\.2 s"):
            await connect(settings(), address, within_s=0.2)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("127.0.0.1:1", "connection refused"),
        ("temporal.invalid:7233", "its name has no address"),
    ],
)
async def test_where_nobody_is_that_is_said(address: str, why: str) -> None:
    with pytest.raises(ServiceAway, match=f"Temporal at `{address}` cannot be spoken to: {why}"):
        await connect(settings(), address)


async def test_what_cannot_be_used_is_said_before_anybody_is_spoken_to(site: Site, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    nothing.chmod(0o600)
    wrong = {
        "ca": (str(nothing), "is no certificate in PEM"),
        "certificate": ("/nowhere.pem", "`/nowhere.pem` cannot be read"),
        "key": (f"file:{nothing}", f"`file:{nothing}` is no key in PEM"),
    }
    for name, (value, said) in wrong.items():
        with pytest.raises(InvalidInput, match=said):
            await connect(settings({**site.tls, name: value}), "127.0.0.1:1")
    with pytest.raises(InvalidInput, match="is not the key of its certificate"):
        await connect(settings({**site.tls, "key": f"file:{site.other.sign('else').key}"}), "127.0.0.1:1")


async def test_a_vault_that_is_away_is_a_service_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", "http://127.0.0.1:1")
    monkeypatch.setenv("VAULT_TOKEN", "x")
    with pytest.raises(ServiceAway, match="vault:secret/temporal#key"):
        await connect(settings(temporal_api_key="vault:secret/temporal#key"), "127.0.0.1:1")


@pytest.mark.parametrize("code", ["Unauthenticated", "PermissionDenied"])
async def test_where_the_key_is_not_taken_that_is_said(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise RuntimeError(f"`get_system_info` call error after connection: Status {{ code: {code}, message: }}")

    monkeypatch.setattr(Client, "connect", refuse)
    with pytest.raises(ServiceAway, match="it does not take us: look at the key or certificate"):
        await connect(settings(temporal_api_key="env:CLUSTER_KEY"), "127.0.0.1:1")


async def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(InvalidInput, match="`temporal:99999` is no address"):
        await connect(settings(), "temporal:99999")


@pytest.mark.parametrize("address", ["a b:1", "temporal", "https://temporal:7233", "temporal:", "me@temporal:1"])
def test_an_address_is_a_host_and_a_port(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", address)
    with pytest.raises(InvalidInput, match="TEMPORAL_ADDRESS: "):
        load()


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("FIRELINE_TEMPORAL_TLS", {}, "name that in `temporal_address`"),
        ("FIRELINE_TEMPORAL_API_KEY", "env:KEY", "name that in `temporal_address`"),
        ("FIRELINE_TEMPORAL_API_KEY", "s3cret", "FIRELINE_TEMPORAL_API_KEY"),
        ("FIRELINE_TEMPORAL_TLS", {"certificate": "/engine.crt"}, "`certificate` and `key` belong together"),
        ("FIRELINE_TEMPORAL_TLS", {"key": "file:/engine.key"}, "`certificate` and `key` belong together"),
        ("FIRELINE_TEMPORAL_TLS", {"ca": "ca.pem"}, "FIRELINE_TEMPORAL_TLS"),
        ("FIRELINE_TEMPORAL_TLS", {"server_name": "a b"}, "FIRELINE_TEMPORAL_TLS"),
    ],
)
def test_settings_that_would_not_hold_are_refused(
    variable: str, value: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(InvalidInput, match=said) as refused:
        load()
    assert "s3cret" not in str(refused.value)
