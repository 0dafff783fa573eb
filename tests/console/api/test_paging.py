"""Long lists a page at a time: each thing once, in order, also where ids grow longer and others come in between."""

from datetime import timedelta
from typing import NamedTuple

import pytest

from console.api.paging import Page, at
from engine.control.governance import begin
from engine.control.paging import Cause, page
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.page import PageKind
from engine.model.request import RequestState
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


LISTS = ["approvals", "break-glass", "budgets", "evidence", "freezes", "pages", "reviews", "tasks", "tokens"]
LISTS += ["governance/proposals", "governance/policy/history"]


@pytest.fixture
async def _full(api: Api, bench: Bench) -> None:
    """Several of whatever is cheap to have."""
    await bench.write(lambda tx: begin(tx, bench.parts.given, bench.now))
    await ask(api, 1, 2, 3)
    for id, state in (("AR-0011", "awaiting_approval"), ("AR-0012", "awaiting_approval"), ("AR-0013", "denied")):
        changed = {"id": id, "state": RequestState(state), "asked_at": bench.now}
        other = bench.request("AR-0001").model_copy(update=changed)
        await bench.write(lambda tx, other=other: tx.requests.insert(other, "key"))  # type: ignore[misc]
    for scope in ("segment:servers", "action:network.block_ip"):
        bench.now += timedelta(seconds=1)
        await api.post("/freezes", {"scope": scope, "reason": "close"})
    for number in range(3):
        cause = Cause(PageKind.EXPIRED, f"AR-{number}", "request/AR-0001", "nobody answered")
        await bench.write(lambda tx, cause=cause: page(tx, cause, bench.now))  # type: ignore[misc]
        await api.post("/tokens", {"label": "x", "scopes": ["read"], "lasts_s": 60})
    await api.post("/pages/PG-0001/acknowledgement", {}, person="anna")


async def walked(api: Api, path: str, **query: str) -> list[Json]:
    """Everything in a list, one at a time."""
    found, after = list[Json](), ""
    asked = "".join(f"&{name}={value}" for name, value in query.items())
    while True:
        answer = (await api.get(f"/{path}?limit=1{asked}{after and f'&after={after}'}")).json()
        following = answer.pop("next")
        [listed] = [value for name, value in answer.items() if name != "segments"]
        found += listed
        if following is None:
            return found
        assert len(listed) == 1
        after = following


@pytest.mark.usefixtures("_full")
@pytest.mark.parametrize("path", LISTS)
async def test_every_list_walked_one_by_one_is_the_whole_list(api: Api, path: str) -> None:
    whole = (await api.get(f"/{path}")).json()
    [listed] = [value for name, value in whole.items() if name not in ("next", "segments")]
    assert await walked(api, path) == listed


@pytest.mark.usefixtures("_full")
async def test_what_is_current_and_all_there_was_are_lists_of_their_own(api: Api) -> None:
    assert [one["id"] for one in await walked(api, "approvals")] == ["AR-0011", "AR-0012"]
    assert [one["id"] for one in await walked(api, "approvals", all="true")] == ["AR-0011", "AR-0012", "AR-0013"]
    first, *others = [one["id"] for one in await walked(api, "pages", all="true")]
    assert [first, *others] == sorted({"PG-0001", "PG-0002", "PG-0003", *map(str, others)})
    assert [one["id"] for one in await walked(api, "pages")] == [*others, first]
    assert [one["scope"] for one in await walked(api, "freezes")] == ["segment:servers", "action:network.block_ip"]


@pytest.mark.usefixtures("_full")
@pytest.mark.parametrize("path", ["tasks", "reviews", "budgets"])
async def test_all_there_was_is_paged_too(api: Api, path: str) -> None:
    assert (await api.get(f"/{path}?all=true&limit=1")).json()["next"] is None


@pytest.mark.usefixtures("_full")
async def test_how_full_segments_are_stands_on_the_first_page_alone(api: Api) -> None:
    assert (await api.get("/budgets")).json()["segments"] != []
    assert (await api.get("/budgets?after=0.TR-0001")).json()["segments"] == []


async def test_the_ledger_says_where_to_go_on(api: Api, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.api.routes_ledger.SHOWN", 2)
    await ask(api, 1)
    first = (await api.get("/ledger")).json()
    assert ([one["seq"] for one in first["entries"]], first["next"]) == ([0, 1], 1)
    assert (await api.get(f"/ledger?after={first['next']}")).json()["entries"][0]["seq"] == 2


class Thing(NamedTuple):
    id: str
    due: int


def test_a_page_begins_behind_a_place_that_nothing_need_have_any_more() -> None:
    things = [Thing("B", 2), Thing("A", 2), Thing("AA", 2), Thing("C", 1), Thing("D", 10)]

    def ids(page: Page, of: list[Thing]) -> tuple[object, object]:
        said = page.of("found", of, lambda one: at(one.due, one.id), lambda one: {"id": one.id})
        found = said["found"]
        assert isinstance(found, list)
        return [one["id"] for one in found if isinstance(one, dict)], said["next"]

    assert ids(Page(limit=2), things) == (["C", "A"], "2.A")
    assert ids(Page(limit=2, after="2.A"), things) == (["B", "AA"], "2.AA")
    assert ids(Page(limit=2, after="2.AA"), things) == (["D"], None)
    assert ids(Page(limit=2, after="2.A"), [one for one in things if one.id != "A"]) == (["B", "AA"], "2.AA")
    assert ids(Page(), []) == ([], None)


@pytest.mark.parametrize("after", ["AR-0001", "x.AR", "-1.AR", "\u00b2.AR", "9" * 21 + ".AR", "."])
def test_a_place_that_is_none_is_refused(after: str) -> None:
    with pytest.raises(InvalidInput, match="take what `next` says"):
        Page(after=after).of("found", list[Thing](), lambda one: at(0, one.id), lambda one: {})
