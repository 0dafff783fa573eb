"""Tripped budgets at their door: told in `status` and the list, reset by two, refused with an entry."""

import pytest

from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import Api
from tests.engine.control.test_trips import BLOCKS, POINTS, SCOPE, budgeted, leave

RESET: Json = {"scope": SCOPE, "reason": "the detector is fixed"}


@pytest.fixture
async def tripped(bench: Bench) -> Bench:
    """One block an hour, spent, and one more wanted."""
    budgeted(bench, (BLOCKS, "hour: 1\n      in_force: 9"))
    await leave(bench, "203.0.113.1")
    await bench.ask(target="203.0.113.2")
    return bench


async def test_it_is_told_until_two_have_reset_it(api: Api, tripped: Bench) -> None:
    [told] = (await api.get("/status")).json()["tripped"]
    assert [told] == (await api.get("/budgets")).json()["trips"]
    assert (told["scope"], told["missing"], told["waiting"], told["caused_by"]) == (SCOPE, 2, 1, "tom")
    first = (await api.post("/budgets/reset", RESET, person="anna")).json()
    assert (first["accepted"], first["missing"], first["reset_at"]) == (True, 1, None)
    second = (await api.post("/budgets/reset", RESET, person="samir")).json()
    assert (second["accepted"], second["missing"], second["reset_by"]) == (True, 0, ["anna", "samir"])
    assert (await api.get("/status")).json()["tripped"] == []
    [over] = (await api.get("/budgets?all=true")).json()["trips"]
    assert (over["id"], over["reason"]) == (told["id"], RESET["reason"])


async def test_a_vote_that_does_not_count_says_why(api: Api, tripped: Bench) -> None:
    answer = (await api.post("/budgets/reset", RESET, person="tom")).json()
    assert (answer["accepted"], answer["missing"]) == (False, 2)
    assert answer["because"] == "asked for what tripped it, so may not reset it"


async def test_what_never_tripped_is_not_found(api: Api) -> None:
    refused = await api.post("/budgets/reset", RESET, person="anna")
    assert (refused.status_code, refused.json()["exit_code"]) == (404, 1)


async def test_the_queue_asks_what_used_it_up(api: Api, tripped: Bench) -> None:
    [item] = (await api.get("/reviews")).json()["reviews"]
    shown = (await api.get(f"/reviews/{item['id']}")).json()
    assert [question["id"] for question in shown["checklist"]] == ["cause", "waiting", "note"]
    answers: Json = {"cause": "bad_detector", "waiting": "nothing"}
    body: Json = {"verdict": "true_positive", "reason": "a bad model", "answers": answers}
    assert (await api.post(f"/reviews/{item['id']}/answer", body, person="anna")).is_success
    await tripped.ask(target="203.0.113.3")
    [again] = (await api.get("/reviews")).json()["reviews"]
    assert again["id"] != item["id"]
    assert again["because"][1] == "2 more requests wait here together; none of them is done"


async def test_it_is_told_how_much_of_each_segment_is_under_effects(api: Api, bench: Bench) -> None:
    budgeted(bench, (POINTS, f"  segment: {{share: 0.34}}\n{POINTS}"))
    request = await bench.ask(action="host.isolate", target="ws-114")
    await bench.respond(request.incident_id)
    segments = {one["segment"]: one for one in (await api.get("/budgets")).json()["segments"]}
    assert segments["offices"] == {"segment": "offices", "assets": 3, "in_force": 1, "limit": 1}
    assert segments["servers"] == {"segment": "servers", "assets": 7, "in_force": 0, "limit": 2}
    over = (await api.get("/status")).json()["over_budget"]
    full = {"budget": "segment:offices", "window": "in_force", "used": 1, "limit": 1, "until": None}
    assert full in over
