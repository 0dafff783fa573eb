"""Messages go where the settings say and nowhere else, whatever a name says from one moment to the next."""

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.outgoing import address, web
from console.outgoing.address import require_within_bounds
from console.outgoing.web import post
from engine.errors import TargetRefused, TargetUnavailable
from tests.console.outgoing.receiver import Answer, receiving
from tests.patience import PATIENCE_S

NAME = "receiver.example"
METADATA = ["169.254.169.254", "fe80::a9fe:a9fe", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1"]
METADATA += ["fd00:ec2::254", "100.100.100.200", "::ffff:100.100.100.200", "168.63.129.16", "192.0.0.192"]
NOWHERE = ["0.0.0.0", "::", "224.0.0.1", "ff02::1"]
HERE = ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "240.0.0.1"]
ELSEWHERE = ["192.0.78.9", "10.1.2.3", "2606:4700::1111"]


@pytest.mark.parametrize("found", [*METADATA, *NOWHERE, *HERE])
def test_a_name_that_leads_here_or_to_a_cloud_s_keys_is_refused(found: str) -> None:
    with pytest.raises(TargetRefused, match=NAME):
        require_within_bounds(NAME, [found])


@pytest.mark.parametrize("found", [*METADATA, *NOWHERE])
def test_some_addresses_are_refused_even_where_they_are_spelled_out(found: str) -> None:
    with pytest.raises(TargetRefused):
        require_within_bounds(found, [found])


@pytest.mark.parametrize("found", ELSEWHERE)
def test_a_name_may_lead_anywhere_else(found: str) -> None:
    require_within_bounds(NAME, [found])


def test_one_bad_address_of_a_name_puts_the_whole_name_out_of_bounds() -> None:
    with pytest.raises(TargetRefused):
        require_within_bounds(NAME, [*ELSEWHERE, "127.0.0.1"])


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.0.0.1", "2130706433"])
async def test_other_spellings_of_this_host_are_refused_before_anything_is_sent(host: str) -> None:
    with receiving() as receiver:
        port = receiver.url.split(":")[2].partition("/")[0]
        with pytest.raises((TargetRefused, TargetUnavailable)):
            await post(f"http://{host}:{port}/", b"{}", {})
        assert receiver.bodies == []


async def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    async def once(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.9", "127.0.0.1"]

    monkeypatch.setattr(web, "resolve", once)
    with receiving() as receiver:
        port = receiver.url.split(":")[2].partition("/")[0]
        await post(f"http://{NAME}:{port}/in", b"{}", {})
        assert (asked, receiver.headers[0]["Host"]) == ([NAME], f"{NAME}:{port}")


async def test_a_redirect_is_no_way_around(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as inside, receiving(Answer(307, {"Location": inside.url})) as receiver:
        with pytest.raises(TargetRefused, match="answered 307"):
            await post(receiver.url, b"{}", {})
        assert (len(receiver.bodies), inside.bodies) == (1, [])


async def test_a_name_without_an_address_may_have_one_later() -> None:
    with pytest.raises(TargetUnavailable, match="has no address"):
        await address.resolve("nothing.invalid", 443)


# A loop of its own: with its one thread the others' loop would never again do two things at a time.
@pytest.mark.asyncio(loop_scope="function")
async def test_a_resolver_that_does_not_answer_holds_up_names_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def silent(*_: object, **__: object) -> list[object]:
        answered.wait(2 * PATIENCE_S)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    asked = [asyncio.create_task(address.resolve(NAME, 443)) for _ in range(10)]
    try:
        await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            assert await asyncio.to_thread(lambda: "done") == "done"
            assert await address.resolve("192.0.78.9", 443) == ["192.0.78.9"]
    finally:
        answered.set()
    assert await asyncio.gather(*asked) == [[]] * 10
