"""Who is asking: only a valid token opens a door, only an administrator of a simulated site speaks for another."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from console.api.backend import Backend
from console.beside import tell_strangers
from console.pace import Pace
from console.strangers import SOURCES, THE_REST, Strangers
from engine.errors import StoreUnavailable
from engine.model.action import Executor
from engine.model.base import Json
from engine.model.principal import Role
from tests.bench import Bench
from tests.console.api.conftest import BOT, VIEWER, Api, only

MINUTE = timedelta(minutes=1)
READS = ["/incidents", "/actions", "/approvals", "/leases", "/freezes", "/status", "/ledger", "/ledger/export"]


@pytest.mark.parametrize("path", READS)
async def test_without_a_valid_token_nothing_is_said(api: Api, path: str) -> None:
    without = await api.bare("GET", f"/api/v1{path}")
    wrong = await api.get(path, token="guessed")
    assert (without.status_code, wrong.status_code) == (401, 401)
    assert without.json() == wrong.json()
    assert wrong.json()["title"] == "a valid token is needed"


@pytest.mark.parametrize(("token", "status"), [("guessed", 401), (only(Role.VIEWER), 429)])
@pytest.mark.parametrize("path", ["/actions", "/findings/lines", "/context/imports", "/nowhere"])
async def test_nothing_is_read_of_what_nobody_known_sends_or_somebody_too_often(
    backend: Backend, token: str, status: int, path: str
) -> None:
    async def body() -> AsyncIterator[bytes]:
        read.append(token)
        yield b"{}"

    read = list[str]()
    api = Api(replace(backend, pace=Pace(per_second=1, at_once=1)), token)
    await api.get("/status")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = await api.send("POST", f"/api/v1{path}", body(), headers)
    assert (answer.status_code, read) == (status, [])


async def test_where_the_database_is_away_whose_token_it_is_is_not_known(
    api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(query: object) -> object:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(bench.store, "read", away)
    answer = await api.get("/status", token="one of the API's")
    assert (answer.status_code, answer.json()["exit_code"]) == (503, 3)


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
async def test_health_is_open_and_says_nothing_else(api: Api, path: str) -> None:
    answer = await api.bare("GET", path)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_nothing_else_is_served(api: Api) -> None:
    for path in ("/", "/docs", "/openapi.json", "/redoc"):
        assert (await api.bare("GET", path)).status_code == 404


async def test_strangers_are_one_entry_a_source_and_minute(bench: Bench, api: Api, strangers: Strangers) -> None:
    for _ in range(5):
        await api.get("/status", token="guessed")
    assert strangers.take(bench.now) == []
    await tell_strangers(bench.store, strangers.take(bench.now + MINUTE), bench.now)
    minute = bench.now.replace(second=0, microsecond=0).isoformat().replace("+00:00", "Z")
    entries = bench.entries("door.strangers")
    assert [entry.body for entry in entries] == [{"source": "127.0.0.1", "minute": minute, "count": 5}]
    assert strangers.take() == []


def test_a_flood_of_strangers_takes_a_bounded_room(bench: Bench) -> None:
    strangers = Strangers()
    for n in range(2 * SOURCES):
        strangers.refuse(f"2001:db8::{n:x}", bench.now)
    knocks = strangers.take()
    assert len(knocks) == SOURCES + 1
    assert sum(knock.count for knock in knocks) == 2 * SOURCES
    assert knocks[-1].source == THE_REST


async def test_a_refused_permission_of_somebody_known_is_an_entry(bench: Bench, api: Api) -> None:
    body: Json = {"action": "network.block_ip", "target": "203.0.113.7", "reason": "please"}
    refused = await api.post("/actions", body, token=VIEWER)
    assert (refused.status_code, refused.json()["exit_code"]) == (403, 1)
    entry = bench.entries("door.refused")[0]
    assert (entry.subject, entry.actor) == ("principal/lena", "lena")
    assert entry.body == {"asked": "POST /api/v1/actions", "because": refused.json()["title"]}


async def test_a_wrong_id_is_no_refused_permission(bench: Bench, api: Api) -> None:
    assert (await api.get("/incidents/INC-9999")).status_code == 404
    assert bench.entries("door.refused") == []


async def test_the_administrator_speaks_for_another_and_the_record_says_so(bench: Bench, api: Api) -> None:
    body: Json = {"action": "network.block_ip", "target": "10.20.16.114", "reason": "please"}
    asked = (await api.post("/actions", body, person="tom")).json()
    assert asked["requester"] == "tom"
    vote: Json = {"kind": "approve", "reason": "yes"}
    assert (await api.post(f"/approvals/{asked['id']}/votes", vote, person="anna")).json()["accepted"]
    assert bench.entries("vote.cast")[0].body["typed_by"] == "admin"


async def test_nobody_else_speaks_for_another(bench: Bench, api: Api) -> None:
    assert (await api.get("/status", token=VIEWER, person="anna")).status_code == 403
    assert (await api.get("/status", person="nobody-known")).status_code == 422
    assert [entry.actor for entry in bench.entries("door.refused")] == ["lena"]


async def test_where_something_is_real_the_administrator_speaks_for_nobody(bench: Bench, api: Api) -> None:
    executors = {**bench.desk.executors, "edge-1": Executor.REAL}
    bench.parts = replace(bench.parts, desk=replace(bench.desk, executors=executors))
    assert (await api.get("/status", person="anna")).status_code == 403
    assert (await api.get("/status")).status_code == 200


async def test_a_sensor_s_bot_is_no_person(api: Api) -> None:
    assert (await api.get("/status", token=BOT)).status_code == 200
    assert (await api.post("/freezes", {"scope": "global"}, token=VIEWER)).status_code == 403
