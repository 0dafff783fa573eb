"""Each probe against a real server on loopback: what passes, what fails, and what it says."""

import socket
from datetime import timedelta

import pytest

from actions.probes.prober import Probes
from engine.errors import TargetRefused, TargetUnavailable
from engine.harm import Prober
from engine.model.harm import CommandProbe, DnsProbe, HttpProbe, MetricProbe, TcpProbe
from tests.actions.probes.conftest import Loopback, Mute, Talking
from tests.ports import free_port

PROBES: Prober = Probes()
SHORT = timedelta(milliseconds=200)
TOLD = {"id": "shop", "because": "it sells", "within": "5s"}
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nwelcome, sir\n"
METRICS = b'# HELP x y\nerrors_total 3\nerrors_total_since 9\nauth{code="500"} 0.25 1700000000\nodd NaN\n'
FIGURES = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(METRICS) + METRICS
REPLY, UNKNOWN_NAME = 0x8180, 0x8183


def tcp(port: int) -> TcpProbe:
    return TcpProbe.model_validate({**TOLD, "kind": "tcp", "host": "127.0.0.1", "port": port})


def http(port: int, **more: object) -> HttpProbe:
    return HttpProbe.model_validate({**TOLD, "kind": "http", "url": f"http://127.0.0.1:{port}/up?now", **more})


def dns(port: int, **more: object) -> DnsProbe:
    own = {"kind": "dns", "name": "Shop.example", "server": "127.0.0.1", "port": port, **more}
    return DnsProbe.model_validate({**TOLD, **own})


def metric(port: int, name: str, **bounds: float) -> MetricProbe:
    url = f"http://127.0.0.1:{port}/metrics"
    return MetricProbe.model_validate({**TOLD, "kind": "metric", "url": url, "metric": name, **bounds})


async def test_a_connection_passes_and_a_closed_port_fails(loopback: Loopback) -> None:
    passed = await PROBES.sample(tcp(await loopback.page(b"")), Mute())
    port = free_port()
    failed = await PROBES.sample(tcp(port), Mute())
    assert (passed.passed, passed.said) == (True, "connected")
    assert (failed.passed, failed.said.partition(": ")[0]) == (False, f"127.0.0.1:{port} takes no connection")


@pytest.mark.parametrize(
    ("answer", "more", "passed", "said"),
    [
        (OK, {}, True, "answered 200"),
        (OK, {"says": "welcome"}, True, "answered 200"),
        (OK, {"says": "goodbye"}, False, "answered 200, and does not say `goodbye`"),
        (OK, {"status": [204, 401]}, False, "answered 200"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", {}, False, "answered 503"),
        (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", {"status": [503]}, True, "answered 503"),
        (b"nonsense\r\n\r\n", {}, False, "no answer: RemoteProtocolError"),
    ],
)
async def test_a_page(loopback: Loopback, answer: bytes, more: dict[str, object], passed: bool, said: str) -> None:
    sample = await PROBES.sample(http(await loopback.page(answer), **more), Mute())
    assert (sample.passed, sample.said) == (passed, said)
    assert loopback.asked == [b"GET /up?now HTTP/1.1\r\n"]


async def test_a_redirect_is_not_followed(loopback: Loopback) -> None:
    other = await loopback.page(OK)
    there = f"HTTP/1.1 302 There\r\nLocation: http://127.0.0.1:{other}/\r\nContent-Length: 0\r\n\r\n"
    sample = await PROBES.sample(http(await loopback.page(there.encode())), Mute())
    assert (sample.passed, sample.said, len(loopback.asked)) == (False, "answered 302", 1)


async def test_a_proxy_of_the_environment_is_not_asked(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    assert (await PROBES.sample(http(await loopback.page(OK)), Mute())).passed


async def test_a_host_that_cannot_be_written_fails() -> None:
    probe = HttpProbe.model_validate({**TOLD, "kind": "http", "url": "http://xn--a/"})
    sample = await PROBES.sample(probe, Mute())
    assert (sample.passed, sample.said) == (False, "no answer: InvalidCodepoint")


async def test_whoever_takes_too_long_fails(loopback: Loopback) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sample = await PROBES.sample(http(silent.getsockname()[1], within=SHORT), Mute())
    assert (sample.passed, sample.tried, sample.said) == (False, True, "no answer within 0.2 s")


@pytest.mark.parametrize(
    ("flags", "answers", "passed", "said"),
    [
        (REPLY, 2, True, "2 answers"),
        (REPLY, 0, False, "the server knows no A of `Shop.example` (code 0)"),
        (UNKNOWN_NAME, 0, False, "the server knows no A of `Shop.example` (code 3)"),
    ],
)
async def test_a_name(loopback: Loopback, flags: int, answers: int, passed: bool, said: str) -> None:
    sample = await PROBES.sample(dns(await loopback.names(flags, answers)), Mute())
    assert (sample.passed, sample.said) == (passed, said)
    assert loopback.asked[0][2:] == bytes.fromhex("01000001000000000000") + b"\4Shop\7example\0" + b"\0\1\0\1"


@pytest.mark.parametrize(("flags", "number"), [(REPLY, 1), (REPLY & 0x7FFF, 0)])
async def test_a_reply_to_somebody_else_or_a_question_is_no_answer(loopback: Loopback, flags: int, number: int) -> None:
    sample = await PROBES.sample(dns(await loopback.names(flags, 1, number), within=SHORT), Mute())
    assert (sample.passed, sample.said, len(loopback.asked)) == (False, "no answer within 0.2 s", 1)


async def test_a_name_server_that_is_not_there_fails_at_once() -> None:
    sample = await PROBES.sample(dns(free_port(), record="AAAA"), Mute())
    assert sample.said.startswith("the server cannot be asked")


@pytest.mark.parametrize(
    ("name", "bounds", "passed", "said"),
    [
        ("errors_total", {"at_most": 3.0}, True, "3"),
        ("errors_total", {"at_most": 2.5}, False, "3 is more than 2.5"),
        ("errors_total", {"at_least": 4.0}, False, "3 is less than 4"),
        ('auth{code="500"}', {"at_least": 0.2, "at_most": 0.3}, True, "0.25"),
        ("auth", {"at_most": 1.0}, False, "there is no figure `auth`"),
        ("odd", {"at_most": 1.0}, False, "there is no figure `odd`"),
    ],
)
async def test_a_figure(loopback: Loopback, name: str, bounds: dict[str, float], passed: bool, said: str) -> None:
    sample = await PROBES.sample(metric(await loopback.page(FIGURES), name, **bounds), Mute())
    assert (sample.passed, sample.said) == (passed, said)


async def test_a_command_is_the_connector_s_own() -> None:
    probe = CommandProbe(id="jobs", because="b", kind="command", command="jobs-run", arguments=("nightly",))
    connector = Talking()
    sample = await PROBES.sample(probe, connector)
    assert (sample.passed, sample.said) == (True, "fine")
    assert connector.asked == [("jobs-run", "nightly")]


JOBS = CommandProbe(id="jobs", because="b", kind="command", command="jobs-run")


@pytest.mark.parametrize(
    ("connector", "said"),
    [
        (Mute(), "connector `edge-1` takes no commands"),
        (Talking(TargetRefused("no such command")), "no such command"),
        (Talking(TargetUnavailable("the firewall is away")), "the firewall is away"),
        (Talking(TimeoutError()), "no answer within 2 s"),
    ],
)
async def test_a_command_that_no_connector_could_try_has_not_failed(connector: Mute, said: str) -> None:
    sample = await PROBES.sample(JOBS, connector)
    assert (sample.passed, sample.tried, sample.said) == (False, False, said)


async def test_a_command_that_fails_says_why(failing: Talking) -> None:
    sample = await PROBES.sample(JOBS, failing)
    assert (sample.passed, sample.tried, sample.said) == (False, True, "exit 1")
