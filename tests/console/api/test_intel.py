"""The doors of intelligence: who may take files in, what they are told, and what is known about a value."""

import json

import pytest

from engine.model.base import Json
from engine.model.permission import Permission
from tests.bench import Bench
from tests.console.api.conftest import BOT, VIEWER, Api

LIST = "type,value,seen_at,owner\nip,192.0.2.66,2026-01-01T00:00:00Z,circl\nip,nowhere,2026-01-01T00:00:00Z,circl\n"


async def taken(api: Api, query: str = "file=watch.csv", content: str = LIST) -> Json:
    answer: Json = (await api.raw(f"/intel/imports?{query}", content)).json()
    return answer


async def test_an_import_answers_with_its_counts_and_what_was_refused(api: Api, bench: Bench) -> None:
    answer = await taken(api)
    assert answer["counts"] == {"added": 1, "updated": 0, "unchanged": 0, "expired": 0, "refused": 1}
    assert answer["problems"] == ["watch.csv:3:4: `nowhere` is neither an address nor a network"]
    assert (answer["id"], answer["feed"], answer["format"]) == ("INTEL-0001", "watch", "csv")
    (entry,) = bench.entries("intel.imported")
    assert entry.actor == answer["by"]


async def test_what_was_taken_in_is_known_at_once(api: Api) -> None:
    await taken(api, "file=a.csv&feed=exchange&confidence=0.5&owner=x")
    answer = (await api.get("/intel/lookup?value=192.0.2.66")).json()
    (indicator,) = answer["indicators"]
    assert (indicator["origin"], indicator["owner"], indicator["confidence"]) == ("exchange", "circl", 0.5)


@pytest.mark.parametrize(
    ("value", "type", "origins", "warnings"),
    [
        ("198.51.100.23", "ip", 2, []),
        ("::ffff:198.51.100.23", "ip", 2, []),
        ("198.51.100.77", "ip", 1, []),
        ("http://198.51.100.77/x", "url", 1, []),
        ("10.0.0.5", "ip", 0, ["shared"]),
        ("Nobody.example.", "domain", 0, []),
    ],
)
async def test_a_lookup_says_who_and_which_warnings(
    api: Api, value: str, type: str, origins: int, warnings: list[str]
) -> None:
    await taken(api, "file=private.json", json.dumps({"name": "RFC 1918", "type": "cidr", "list": ["10.0.0.0/8"]}))
    answer = (await api.get(f"/intel/lookup?value={value}")).json()
    assert (answer["type"], answer["independent_origins"], answer["warnings"]) == (type, origins, warnings)
    assert answer["known"] is bool(origins)


async def test_what_does_not_count_is_shown_and_marked(api: Api) -> None:
    await taken(api, content="type,value,seen_at\nip,192.0.2.7,2090-01-01T00:00:00Z\n")
    answer = (await api.get("/intel/lookup?value=192.0.2.7")).json()
    assert ([one["counts"] for one in answer["indicators"]], answer["known"]) == ([False], False)


@pytest.mark.parametrize("token", [BOT, VIEWER])
async def test_taking_in_is_for_administrators(api: Api, bench: Bench, token: str) -> None:
    answer = await api.post("/intel/imports?file=x.csv", {}, token=token)
    assert (answer.status_code, answer.json()["exit_code"]) == (403, 1)
    assert f"`{Permission.IMPORT_INTEL}`" in answer.json()["title"]
    assert bench.entries("intel.imported") == []


@pytest.mark.parametrize("token", [VIEWER])
async def test_anybody_may_look_up(api: Api, token: str) -> None:
    assert (await api.get("/intel/lookup?value=192.0.2.7", token=token)).status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("feed=x", "`file`"),
        ("file=x&confidence=2", "`confidence`"),
        ("file=x&confidence=NaN", "`confidence`"),
        ("file=x&valid_for_s=-1", "`valid_for_s`"),
        ("file=x&feed=%20x", "`feed`"),
        ("file=x&colour=red", "`colour`"),
    ],
)
async def test_what_is_said_about_a_file_must_fit(api: Api, query: str, said: str) -> None:
    answer = await api.raw(f"/intel/imports?{query}", LIST)
    assert (answer.status_code, answer.json()["exit_code"]) == (422, 2)
    assert said in answer.json()["title"]


@pytest.mark.parametrize("query", ["value=", "value=x&type=colour", ""])
async def test_a_lookup_needs_a_value_and_a_type_that_exists(api: Api, query: str) -> None:
    assert (await api.get(f"/intel/lookup?{query}")).status_code == 422


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"objects": [}', "x.json:1:14: not JSON"),
        ("{}", "x.json:1:1: is no STIX bundle"),
        ("", "x.json:1:1: the first line must name the columns"),
        ("x" * (64 * 2**20 + 1), "x.json: is larger than 64 MiB: split it"),
    ],
    ids=["broken", "nothing of ours", "empty", "too large"],
)
async def test_a_file_that_is_none_is_refused_whole(api: Api, bench: Bench, content: str, said: str) -> None:
    answer = await api.raw("/intel/imports?file=x.json", content)
    assert (answer.status_code, answer.json()["exit_code"]) == (422, 2)
    assert answer.json()["title"].startswith(said)
    assert bench.entries("intel.imported") == []
