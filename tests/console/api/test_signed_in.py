"""Where those who decide are signed in from is not cut off: they could not stop us any more."""

from datetime import timedelta

import httpx
import pytest

from console.api.app import build_app
from console.api.backend import Backend
from console.serving import served_as
from console.strangers import Strangers
from engine.model.check import CheckOutcome
from engine.model.request import Request
from tests.bench import Bench
from tests.console.api.conftest import BOT

HERE = "203.0.113.77"


async def come(backend: Backend, token: str, source: str) -> None:
    """Ask for the state of everything from an address."""
    transport = httpx.ASGITransport(build_app(backend), client=(source, 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        await client.get("/api/v1/status", headers={"Authorization": f"Bearer {token}"})


def untouchable(request: Request) -> tuple[CheckOutcome, str]:
    [found] = [check for check in request.checks if check.check == "untouchable"]
    return found.outcome, found.summary


@pytest.fixture
def admin(bench: Bench) -> str:
    return bench.settings.token_file.read_text().strip()


async def test_the_address_an_administrator_came_from_is_blocked_by_nobody_for_a_day(
    backend: Backend, bench: Bench, admin: str
) -> None:
    await come(backend, admin, HERE)
    why = f"`{HERE}`: admin, who decides about us, was signed in from {HERE} within the last day"
    assert untouchable(await bench.ask(target=HERE)) == (CheckOutcome.BLOCK, why)
    assert untouchable(await bench.ask(target="203.0.113.78"))[0] is CheckOutcome.PASS
    await bench.later(timedelta(hours=23))
    await come(backend, admin, HERE)
    await bench.later(timedelta(hours=23))
    assert untouchable(await bench.ask(target=HERE))[0] is CheckOutcome.BLOCK
    await bench.later(timedelta(hours=1))
    assert untouchable(await bench.ask(target=HERE))[0] is CheckOutcome.PASS


@pytest.mark.parametrize("token", [BOT, "a token of nobody"])
async def test_nobody_else_makes_an_address_untouchable(backend: Backend, bench: Bench, token: str) -> None:
    await come(backend, token, HERE)
    assert bench.read(lambda tx: tx.signed_in.lately(bench.now)) == []


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_nobody_comes_from_where_a_header_says(
    backend: Backend, bench: Bench, admin: str, strangers: Strangers, header: str
) -> None:
    config = served_as(build_app(backend))
    config.load()
    transport = httpx.ASGITransport(config.loaded_app, client=("127.0.0.1", 40_000))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        for token in (admin, "guessed"):
            said = {"Authorization": f"Bearer {token}", header: HERE}
            await client.get("/api/v1/status", headers=said)
    assert bench.read(lambda tx: tx.signed_in.lately(bench.now)) == []
    assert [knock.source for knock in strangers.take()] == ["127.0.0.1"]


@pytest.mark.parametrize("source", ["127.0.0.1", "::1", "a unix socket"])
async def test_this_host_itself_is_not_written_down(backend: Backend, bench: Bench, admin: str, source: str) -> None:
    await come(backend, admin, source)
    assert bench.read(lambda tx: tx.signed_in.lately(bench.now)) == []


async def test_it_is_written_once_a_minute(backend: Backend, bench: Bench, admin: str) -> None:
    await come(backend, admin, HERE)
    began = bench.now
    await bench.later(timedelta(seconds=59))
    await come(backend, admin, HERE)
    assert [one.at for one in bench.read(lambda tx: tx.signed_in.lately(bench.now))] == [began]
    await bench.later(timedelta(seconds=1))
    await come(backend, admin, HERE)
    assert [one.at for one in bench.read(lambda tx: tx.signed_in.lately(bench.now))] == [bench.now]
