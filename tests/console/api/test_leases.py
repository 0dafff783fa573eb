"""Leases at their doors: what one cause put in force."""

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
