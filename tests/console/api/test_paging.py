"""Long lists a page at a time: each thing once, in order, also where ids grow longer and others come in between."""

import pytest

from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import Api

BLOCK: Json = {"action": "network.block_ip", "reason": "seen"}


async def ask(api: Api, *last: int) -> None:
    for number in last:
        await api.post("/actions", {**BLOCK, "target": f"203.0.113.{number}"})


async def pages(api: Api, name: str, limit: int) -> list[list[str]]:
    found, after = list[list[str]](), ""
    while True:
        answer = (await api.get(f"/{name}?limit={limit}&after={after}")).json()
        found.append([one["id"] for one in answer[name]])
        if answer["next"] is None:
            return found
        after = answer["next"]


async def test_every_page_but_the_last_is_full_and_nothing_comes_twice(api: Api, bench: Bench) -> None:
    await ask(api, 1, 2, 3)
    assert await pages(api, "actions", 2) == [["AR-0001", "AR-0002"], ["AR-0003"]]
    assert await pages(api, "incidents", 3) == [["INC-0001", "INC-0002", "INC-0003"]]
    assert await pages(api, "leases", 2) == [[]]
    assert await pages(api, "findings", 1) == [[]]


async def test_longer_ids_come_after_shorter_ones(api: Api, bench: Bench) -> None:
    await ask(api, 1)
    later, earlier = (bench.request("AR-0001").model_copy(update={"id": one}) for one in ("AR-10000", "AR-9999"))
    await bench.write(lambda tx: tx.requests.insert(later, "key"))
    await bench.write(lambda tx: tx.requests.insert(earlier, "key"))
    assert await pages(api, "actions", 1) == [["AR-0001"], ["AR-9999"], ["AR-10000"]]


async def test_what_comes_meanwhile_is_not_missed(api: Api, bench: Bench) -> None:
    await ask(api, 1, 2)
    after = (await api.get("/actions?limit=1")).json()["next"]
    await ask(api, 3)
    assert [one["id"] for one in (await api.get(f"/actions?after={after}")).json()["actions"]] == ["AR-0002", "AR-0003"]


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "cursor=1", "after=" + "x" * 1025])
async def test_a_page_that_is_none_is_refused(api: Api, query: str) -> None:
    assert (await api.get(f"/actions?{query}")).status_code == 422
