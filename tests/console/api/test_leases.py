"""Leases at their doors: what one cause put in force, and what is to last longer."""

from engine.model.base import Json
from tests.bench import Bench
from tests.console.api.conftest import VIEWER, Api


async def test_what_a_cause_put_in_force_is_shown_and_released(api: Api, bench: Bench) -> None:
    request = await bench.ask("tom")
    await bench.respond(request.incident_id)

    seen = (await api.get("/leases/caused?cause=policy:demo")).json()
    assert (seen["cause"], seen["requests"]) == ("policy:demo", [request.id])
    assert [(one["action"], one["target"], one["kept_for"]) for one in seen["effects"]] == [
        ("network.block_ip", "203.0.113.7", [])
    ]

    body = {"cause": "policy:demo", "requests": seen["requests"], "reason": "a bad policy"}
    assert (await api.post("/leases/release", body, token=VIEWER)).status_code == 403
    assert (await api.post("/leases/release", body, person="tom")).json()["requests"] == [request.id]
    await bench.settle(request.incident_id)
    assert (await api.get("/leases/caused?cause=policy:demo")).json()["effects"] == []


async def test_what_is_no_cause_is_bad_input(api: Api) -> None:
    answer = await api.get("/leases/caused?cause=weather:rain")
    assert (answer.status_code, answer.json()["exit_code"]) == (422, 2)
    assert "unknown cause `weather:rain`" in answer.json()["title"]


async def test_people_are_asked_to_keep_an_effect_longer_and_for_good(api: Api, bench: Bench) -> None:
    request = await bench.ask("tom")
    await bench.respond(request.incident_id)
    longer = await api.post("/leases/L-0001/extension-request", {"lasts_s": 3600, "reason": "not over"}, person="tom")
    asked = longer.json()
    assert (asked["state"], asked["tier"], asked["lease_s"]) == ("awaiting_approval", 3, 3600.0)
    assert asked["extends"] == request.id
    again = await api.post("/leases/L-0001/permanent", {"reason": "known bad"}, person="tom")
    assert (again.status_code, "asks for that already" in again.json()["title"]) == (403, True)


async def test_what_is_permanent_shows_no_end(api: Api, bench: Bench) -> None:
    request = await bench.ask("tom")
    await bench.respond(request.incident_id)
    asked = (await api.post("/leases/L-0001/permanent", {"reason": "known bad"}, person="tom")).json()
    assert asked["tier"] == 4
    for name in ("anna", "samir"):
        await bench.vote(asked["id"], name, digest=asked["digest"])
    await bench.settle(request.incident_id)
    [lease] = (await api.get("/leases")).json()["leases"]
    assert (lease["state"], lease["permanent"], lease["expires_at"]) == ("active", True, None)


async def test_a_lift_by_hand_is_announced_by_a_responder_with_its_ticket(api: Api, bench: Bench) -> None:
    request = await bench.ask("tom")
    await bench.respond(request.incident_id)
    body: Json = {"ticket": "CHG-17", "reason": "moved"}
    assert (await api.post("/leases/L-0001/announced-lift", body, token=VIEWER)).status_code == 403
    announced = (await api.post("/leases/L-0001/announced-lift", body, person="tom")).json()
    assert (announced["id"], announced["lift"]) == ("L-0001", "CHG-17: moved")
