"""Changes as they are recorded: resumable, complete, and over when the right to read is."""

import asyncio
import json
from itertools import islice

import pytest

from console.api import routes_live
from console.api.app import build_app
from console.api.backend import Backend, Caller
from console.api.routes_live import STREAMS, changes
from console.people import token_digest
from engine.model.base import Json
from engine.model.principal import Role
from tests.bench import Bench
from tests.console.api.conftest import Api, only
from tests.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes_live, "LOOK_EVERY_S", 0.01)


def ids(text: str) -> list[int]:
    return [int(line.removeprefix("id: ")) for line in text.splitlines() if line.startswith("id: ")]


async def a_token(api: Api) -> str:
    made = await api.post("/tokens", {"label": "x", "scopes": ["read"], "lasts_s": 60}, token=only(Role.VIEWER))
    return str(made.json()["token"])


async def test_a_stream_leaves_nothing_out_and_ends_with_its_token(api: Api, bench: Bench) -> None:
    token = await a_token(api)
    stream = asyncio.create_task(api.get("/events?after=-1", token=token))
    await bench.ask()
    await api.post("/tokens/AT-0001/revocation", {}, token=only(Role.VIEWER))
    told = await asyncio.wait_for(stream, PATIENCE_S)
    assert told.headers["content-type"].startswith("text/event-stream")
    assert ids(told.text) == [*range(len(ids(told.text)))]


async def test_it_says_what_changed_and_when_and_not_who_or_why(backend: Backend, bench: Bench) -> None:
    before = bench.read(lambda tx: tx.read_until.newest())
    asked = await bench.ask()
    who, newest = Caller(bench.person("anna")), bench.read(lambda tx: tx.read_until.newest())
    told = list[Json]()
    async for event in changes(backend, who, before):
        told.append(json.loads(event.partition("data: ")[2]))
        if f"id: {newest}\n" in event:
            break
    assert f"request/{asked.id}" in {one["subject"] for one in told}
    assert {key for one in told for key in one} == {"subject", "kind", "at"}


async def test_it_goes_on_after_the_last_one_seen(backend: Backend, bench: Bench) -> None:
    await bench.ask()
    who, newest = Caller(bench.person("anna")), bench.read(lambda tx: tx.read_until.newest())
    seen = list[str]()
    async for line in changes(backend, who, newest - 2):
        seen.append(line)
        if len(seen) == 2:
            break
    assert ids("".join(seen)) == [newest - 1, newest]


async def test_it_says_now_and_then_that_it_is_still_there(backend: Backend, bench: Bench) -> None:
    newest = bench.read(lambda tx: tx.read_until.newest())
    async for line in changes(backend, Caller(bench.person("anna")), newest):
        assert line == ": still here\n\n"
        break


async def test_it_ends_with_the_role_that_opened_it(backend: Backend, bench: Bench) -> None:
    nobody = bench.person("anna").model_copy(update={"id": "gone"})
    assert [line async for line in changes(backend, Caller(nobody), -1)] == []


@pytest.mark.parametrize("person", ["admin", "anna"])
async def test_it_ends_with_a_token_of_the_people_s_file_that_was_made_anew(
    backend: Backend, bench: Bench, person: str
) -> None:
    stream = changes(backend, Caller(bench.person(person), by=bench.person("admin")), -1)
    await anext(stream)
    file, token = bench.settings.home / "people.yaml", bench.settings.token_file.read_text().strip()
    file.write_text(file.read_text().replace(token_digest(token), token_digest("made anew")))
    async with asyncio.timeout(PATIENCE_S):
        assert {line[:3] async for line in stream} <= {"id:"}


@pytest.mark.parametrize("given", ["soon", "-2", str(2**63)])
async def test_an_id_that_is_none_is_refused(api: Api, bench: Bench, given: str) -> None:
    headers = {"Authorization": f"Bearer {only(Role.VIEWER)}", "Last-Event-ID": given}
    assert (await api.bare("GET", "/api/v1/events", **headers)).status_code == 422


async def test_a_principal_has_a_few_streams_and_no_more(api: Api, backend: Backend) -> None:
    backend.streams["only-viewer"] = STREAMS
    refused = await api.get("/events", token=only(Role.VIEWER))
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")


async def test_of_many_that_are_opened_at_once_no_more_are_let_in(api: Api, backend: Backend) -> None:
    token = await a_token(api)
    streams = [asyncio.create_task(api.get("/events", token=token)) for _ in range(STREAMS + 2)]
    async with asyncio.timeout(PATIENCE_S):
        refused = [(await first).status_code for first in islice(asyncio.as_completed(streams), 2)]
        await api.post("/tokens/AT-0001/revocation", {}, token=only(Role.VIEWER))
        answers = [answer.status_code for answer in await asyncio.gather(*streams)]
    assert (refused, sorted(answers)) == ([429] * 2, [200] * STREAMS + [429] * 2)
    assert backend.streams["only-viewer"] == 0


async def test_one_whose_reader_is_gone_before_it_begins_leaves_its_place(backend: Backend) -> None:
    async def gone() -> Json:
        return {"type": "http.disconnect"}

    async def unheard(message: object) -> None:
        pass

    headers = [(b"authorization", f"Bearer {only(Role.VIEWER)}".encode())]
    scope = {"type": "http", "method": "GET", "path": "/api/v1/events", "query_string": b"", "headers": headers}
    await build_app(backend)(scope, gone, unheard)
    assert backend.streams["only-viewer"] == 0
