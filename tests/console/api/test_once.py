"""An idempotency key: carried out once, answered again, never for another request, lost rather than done twice."""

import asyncio

import pytest

from engine.errors import StoreUnavailable
from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import VIEWER, Api

BLOCK: Json = {"action": "network.block_ip", "target": "203.0.113.7", "reason": "seen"}


def asked(bench: Bench) -> int:
    return len(bench.read(lambda tx: tx.requests.all()))


async def test_the_same_request_is_carried_out_once_and_answered_alike(api: Api, bench: Bench) -> None:
    first, second = await api.once("/actions", BLOCK, "k-1"), await api.once("/actions", BLOCK, "k-1")
    assert (first.status_code, second.status_code, asked(bench)) == (200, 200, 1)
    assert first.content == second.content
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"


async def test_without_a_key_or_with_another_it_is_another_request(api: Api, bench: Bench) -> None:
    await api.post("/actions", BLOCK)
    await api.post("/actions", BLOCK)
    await api.once("/actions", BLOCK, "k-1")
    await api.once("/actions", BLOCK, "k-2")
    assert asked(bench) == 4


async def test_a_key_stands_for_one_request_to_the_last_byte(api: Api, bench: Bench) -> None:
    await api.once("/actions", BLOCK, "k-1")
    other = await api.once("/actions", {**BLOCK, "target": "203.0.113.8"}, "k-1")
    elsewhere = await api.once("/freezes", {"scope": "global"}, "k-1")
    assert (other.status_code, elsewhere.status_code, asked(bench)) == (422, 422, 1)


async def test_a_key_is_its_principal_s(api: Api, bench: Bench) -> None:
    await api.once("/actions", BLOCK, "k-1")
    assert (await api.once("/actions", BLOCK, "k-1", token=VIEWER)).status_code == 403


@pytest.mark.parametrize(("before", "after"), [("k", "k/answer"), ("k/answer", "k")])
async def test_no_key_is_where_the_answer_of_another_is_kept(api: Api, bench: Bench, before: str, after: str) -> None:
    keys = (before, after, before, after)
    answers = [await api.once("/actions", BLOCK, key) for key in keys]
    assert ([answer.status_code for answer in answers], asked(bench)) == ([200] * 4, 2)
    assert [answer.content for answer in answers[:2]] == [answer.content for answer in answers[2:]]


async def test_a_refusal_takes_no_key(api: Api, bench: Bench) -> None:
    refused = await api.once("/actions", {**BLOCK, "reason": " "}, "k-1")
    assert (refused.status_code, (await api.once("/actions", BLOCK, "k-1")).status_code) == (422, 200)
    denied = await api.once("/actions", BLOCK, "k-1", token=VIEWER)
    assert denied.status_code == 403
    assert len(bench.entries("door.refused")) == 1


async def test_of_many_at_once_one_is_carried_out(api: Api, bench: Bench) -> None:
    answers = await asyncio.gather(*(api.once("/actions", BLOCK, "k-1") for _ in range(20)))
    assert asked(bench) == 1
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert 200 in {answer.status_code for answer in answers}


async def test_an_answer_that_was_lost_is_said_to_be_and_nothing_is_done_again(
    api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, calls = bench.store.write, list[int]()

    async def only_the_first(work: object) -> object:
        calls.append(1)
        if len(calls) > 1:
            raise StoreUnavailable("killed in between")
        return await write(work)  # type: ignore[arg-type]

    with monkeypatch.context() as dying:
        dying.setattr(bench.store, "write", only_the_first)
        assert (await api.once("/actions", BLOCK, "k-1")).status_code == 200
    again = await api.once("/actions", BLOCK, "k-1")
    assert (again.status_code, asked(bench)) == (409, 1)
    assert "was carried out already" in again.json()["title"]


@pytest.mark.parametrize("path", ["/tokens", "/intel/imports?file=x.csv", "/context/imports?file=x.csv"])
async def test_what_is_not_kept_takes_no_key(api: Api, path: str) -> None:
    body: Json = {"label": "x", "scopes": ["read"], "lasts_s": 60}
    assert (await api.once(path, body, "k-1")).status_code == 422


@pytest.mark.parametrize("key", ["x" * 101, "with space", ""])
async def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    assert (await api.once("/actions", BLOCK, key)).status_code == 422
