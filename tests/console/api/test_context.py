"""Context through the API: what tightens counts at once, what loosens takes votes, and everything says its source."""

import json

import httpx
import pytest

from engine.control.governance import begin
from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import VIEWER, Api

TIGHTER: Json = {"assets": [{"name": "ws-114", "criticality": "critical", "roles": ["sensor"]}]}
LOOSER: Json = {"assets": [{"name": "new-01", "criticality": "low", "addresses": ["10.20.16.99"]}]}


@pytest.fixture(autouse=True)
async def _begun(bench: Bench) -> None:
    """Votes are under a policy that is active."""
    await bench.write(lambda tx: begin(tx, bench.parts.given, bench.now))


async def take(api: Api, content: Json, person: str | None = None, **query: str) -> httpx.Response:
    asked = "&".join(f"{name}={value}" for name, value in {"file": "cmdb.json", **query}.items())
    if person is None:
        return await api.raw(f"/context/imports?{asked}", json.dumps(content))
    return await api.post(f"/context/imports?{asked}", content, person=person)


async def known(api: Api, target: str) -> httpx.Response:
    return await api.get(f"/context/known?target={target}")


async def test_what_only_tightens_counts_from_the_next_decision_on(api: Api, bench: Bench) -> None:
    taken = (await take(api, TIGHTER)).json()
    assert (taken["active"], taken["proposal"], taken["loosens"]) == (True, None, [])
    asset = (await known(api, "10.20.16.114")).json()["known"][0]
    found = (asset["criticality"], asset["roles"], asset["parts"])
    assert found == ("critical", ["workstation", "sensor"], ["own-path"])
    [source] = asset["sources"]
    assert (source["name"], source["file"], source["format"], source["by"]) == ("cmdb", "cmdb.json", "json", "admin")
    history = (await api.get("/governance/context/history")).json()["history"]
    assert [(line["came"], line["proposer"], line["active"]) for line in history] == [("imported", "admin", True)]


async def test_what_loosens_anything_waits_for_votes(api: Api) -> None:
    taken = (await take(api, LOOSER, reason="new desk", person="anna")).json()
    assert taken["loosens"] == ["`new-01` is new and low; what is unknown counts as high"]
    assert (await api.get("/context/known?target=new-01")).status_code == 404
    path = f"/governance/proposals/{taken['proposal']}"
    shown = (await api.get(path)).json()
    assert shown["reports"]["context"]["loosens"] == taken["loosens"]
    refused = (await api.post(f"{path}/votes", {"kind": "approve"}, person="anna")).json()
    assert refused["accepted"] is False
    for person in ("lena", "admin"):
        voted = (await api.post(f"{path}/votes", {"kind": "approve"}, person=person)).json()
    assert voted["state"] == "activated"
    asset = (await known(api, "new-01")).json()["known"][0]
    assert (asset["criticality"], asset["sources"][0]["by"]) == ("low", "anna (typed by admin)")


@pytest.mark.parametrize(
    ("file", "name"),
    [("__dict__.json", "dict__"), ("____", "unnamed"), ("a" * 99, "a" * 60), ("My CMDB.json", "my-cmdb")],
)
async def test_a_source_is_called_as_its_file_as_far_as_that_is_a_name(api: Api, file: str, name: str) -> None:
    assert (await take(api, TIGHTER, file=file, format="json", dry_run="true")).json()["of"]["name"] == name


async def test_a_dry_run_changes_nothing(api: Api) -> None:
    taken = (await take(api, TIGHTER, dry_run="true")).json()
    assert (taken["assets"], taken["active"]) == (1, False)
    assert (await api.get("/governance/context/history")).json()["history"] == []


async def test_what_a_source_says_no_more_is_gone_by_vote_only(api: Api) -> None:
    await take(api, {"assets": [{"name": "vault-9", "criticality": "protected"}]})
    again = (await take(api, {"assets": []})).json()
    assert (again["active"], again["loosens"]) == (False, ["`vault-9` is gone"])
    other = (await take(api, {"assets": []}, source="edr")).json()
    assert (other["active"], other["source"]) == (True, "edr")


async def test_a_stale_source_is_reported_and_its_things_are_stale(api: Api) -> None:
    old = TIGHTER | {"as_of": "2020-01-01T00:00:00Z"}
    await take(api, old, valid_for_s="86400")
    assert (await known(api, "ws-114")).json()["known"][0]["stale"] is True
    whole = (await api.get("/context/inventory")).json()
    assert [(one["name"], one["stale"]) for one in whole["sources"]] == [("cmdb", True)]
    told = {one["name"]: (one["from"], one["stale"]) for one in whole["inventory"]}
    assert told["ws-114"] == (["cmdb"], True)
    assert told["ws-127"] == (["the site's own file"], False)


@pytest.mark.parametrize(
    ("content", "query", "status", "said"),
    [
        ({"assets": [{"name": "a", "depends_on": ["nobody"]}]}, {}, 422, "no asset or service `nobody`"),
        ({"assets": [{"name": "a", "segment": "moon"}]}, {}, 422, "no segment `moon`"),
        ({"flows": []}, {}, 422, "`flows` is not imported"),
        ({}, {"source": "UPPER"}, 422, "source"),
        ({}, {"format": "word"}, 422, "format"),
    ],
)
async def test_what_is_wrong_is_refused_whole(
    api: Api, content: Json, query: dict[str, str], status: int, said: str
) -> None:
    answer = await take(api, content, **query)
    assert (answer.status_code, said in answer.text) == (status, True)
    assert (await api.get("/governance/context/history")).json()["history"] == []


async def test_a_stranger_neither_takes_in_nor_sees_anything(api: Api) -> None:
    assert (await api.post("/context/imports?file=x.json", {}, token="x")).status_code == 401
    assert (await api.get("/context/inventory", token="x")).status_code == 401
    assert (await api.get("/context/inventory", token=VIEWER)).status_code == 200


async def test_context_is_not_proposed_as_a_policy_is(api: Api) -> None:
    body: Json = {"files": [{"name": "x", "text": "y"}], "reason": "r"}
    answer = await api.post("/governance/context/proposals", body)
    assert (answer.status_code, "fireline context import" in answer.text) == (422, True)


async def test_an_account_of_somebody_who_approves_is_untouchable(api: Api) -> None:
    answer = (await api.get("/context/known?target=akeller")).json()
    assert answer["untouchable"] == "the account of anna, who approves"
