"""Break-glass at its door: done, told in `status`, refused with an entry."""

from datetime import timedelta

from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import Api

WANTED: Json = {"action": "network.block_ip", "target": "10.20.16.114", "reason": "nobody answers"}


async def test_it_is_done_and_told_until_somebody_else_has_reviewed_it(api: Api, bench: Bench) -> None:
    done = (await api.post("/break-glass", WANTED, person="tom")).json()
    [told] = (await api.get("/status")).json()["break_glass"]
    assert (done["state"], done["tier"], done["lease_s"]) == ("authorised", 3, 300.0)
    assert done["break_glass"] == told
    assert (told["principal"], told["review"], told["state"]) == ("tom", "RV-0001", "open")
    answers: Json = {"waited": "could_not_wait", "borne_out": "yes", "effect": "keep"}
    body: Json = {"verdict": "true_positive", "reason": "seen", "answers": answers}
    assert (await api.post("/reviews/RV-0001/answer", body, person="anna")).is_success
    assert (await api.get("/status")).json()["break_glass"] == []
    [use] = (await api.get("/break-glass")).json()["uses"]
    assert (use["state"], use["answers"], use["overrode"]) == ("answered", answers, ["ask"])


async def test_its_review_names_the_incident_and_the_request(api: Api) -> None:
    done = (await api.post("/break-glass", WANTED, person="tom")).json()
    shown = (await api.get("/reviews/RV-0001")).json()
    assert (shown["subject"], shown["actions"]) == (f"incident/{done['incident']}", [done["id"]])
    assert [question["id"] for question in shown["checklist"]] == ["waited", "borne_out", "effect", "note"]
    assert shown["because"][1] == "reason given: nobody answers"


async def test_a_refusal_is_an_entry(api: Api, bench: Bench) -> None:
    refused = await api.post("/break-glass", WANTED, person="anna")
    [entry] = bench.entries("door.refused")
    assert (refused.status_code, refused.json()["exit_code"]) == (403, 1)
    assert (entry.actor, entry.body["asked"]) == ("anna (typed by admin)", "POST /api/v1/break-glass")
    assert "`anna` has no permission" in str(entry.body["because"])


async def test_it_sleeps_visibly(api: Api, bench: Bench) -> None:
    await api.post("/break-glass", WANTED, person="tom")
    await bench.later(timedelta(hours=24))
    [told] = (await api.get("/status")).json()["break_glass"]
    assert told["state"] == "asleep until reviewed"
