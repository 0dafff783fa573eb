"""The doors' answers: lists by name, one problem form with the exit code, everything a voter has to know."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from detectors.generators import alerts
from engine.model.base import Json
from tests.bench import Bench, findings
from tests.console.api.conftest import VIEWER, Api

BLOCK: Json = {"action": "network.block_ip", "target": "203.0.113.7", "reason": "seen"}


async def test_lists_are_objects_with_one_named_list(bench: Bench, api: Api) -> None:
    asked = (await api.post("/actions", BLOCK)).json()
    await bench.respond(asked["incident"])
    leases = (await api.get("/leases")).json()["leases"]
    assert [(one["id"], one["action"], one["target"], one["state"]) for one in leases] == [
        ("L-0001", "network.block_ip", "203.0.113.7", "active")
    ]
    assert [one["id"] for one in (await api.get("/actions")).json()["actions"]] == [asked["id"]]
    assert [one["id"] for one in (await api.get("/incidents")).json()["incidents"]] == [asked["incident"]]
    assert (await api.get("/approvals")).json() == {"approvals": [], "next": None}
    assert (await api.get("/freezes")).json() == {"freezes": [], "next": None}


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "said"),
    [
        ("/actions", {**BLOCK, "action": "nope"}, 422, 2, "no action `nope`"),
        ("/actions", {**BLOCK, "params": {"colour": 1}}, 422, 2, "parameter `colour`"),
        ("/actions", {**BLOCK, "reason": " "}, 422, 2, "a reason is needed"),
        ("/actions", {**BLOCK, "lease_s": 0}, 422, 2, "longer than nothing"),
        ("/leases/L-9999/release", {"reason": "x"}, 404, 1, "`L-9999`"),
        ("/leases/L-9999/extension", {"reason": "x", "by_s": 5}, 404, 1, "`L-9999`"),
        ("/incidents/INC-9999/verdict", {"kind": "test", "reason": "x"}, 404, 1, "`INC-9999`"),
        ("/approvals/AR-9999/votes", {"kind": "approve"}, 404, 1, "`AR-9999`"),
        ("/freezes", {"scope": "bogus"}, 422, 2, "unknown freeze scope"),
        ("/freezes/lift", {"scope": "global"}, 404, 1, "nothing is frozen"),
    ],
)
async def test_a_refusal_says_why_and_with_which_code_to_leave(
    api: Api, path: str, body: Json, status: int, code: int, said: str
) -> None:
    answer = await api.post(path, body)
    assert (answer.status_code, answer.json()["exit_code"]) == (status, code)
    assert said in answer.json()["title"]
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("seconds", ["-1", "NaN", "Infinity", "1e300", '"soon"'])
async def test_a_duration_that_is_none_is_refused(api: Api, seconds: str) -> None:
    answer = await api.raw("/leases/L-0001/extension", f'{{"by_s": {seconds}, "reason": "x"}}')
    assert (answer.status_code, answer.json()["exit_code"]) == (422, 2)
    assert "`by_s`" in answer.json()["title"]


async def test_a_body_that_is_no_json_is_refused_without_an_empty_name(api: Api) -> None:
    answer = await api.raw("/leases/L-0001/extension", "")
    assert (answer.status_code, answer.json()["exit_code"]) == (422, 2)
    assert not answer.json()["title"].startswith("``")


async def test_an_approval_shows_everything_that_is_approved_and_cuts_nothing(bench: Bench, api: Api) -> None:
    spare: list[JsonValue] = [{"peer": "files-03", "port": 5433, "protocol": "tcp"}]
    spare += [{"peer": f"10.20.16.{n}", "port": 5000 + n, "protocol": "tcp"} for n in range(1, 60)]
    body: Json = {"action": "host.isolate", "target": "files-02", "reason": "r" * 4000, "params": {"spare": spare}}
    asked = (await api.post("/actions", {**body, "lease_s": 7}, person="tom")).json()
    shown = (await api.get(f"/approvals/{asked['id']}")).json()
    row = bench.request(asked["id"])
    assert shown["params"] == row.params
    assert shown["params"]["spare"] == spare
    assert (shown["reason"], shown["lease_s"], shown["digest"]) == ("r" * 4000, 7, row.digest)
    assert [check["check"] for check in shown["checks"]] == [check.id for check in bench.desk.checks]


async def test_what_nobody_was_asked_about_is_no_approval(bench: Bench, api: Api) -> None:
    asked = (await api.post("/actions", BLOCK)).json()
    assert "nobody was ever asked" in (await api.get(f"/approvals/{asked['id']}")).json()["title"]


async def test_a_freeze_needs_no_reason_and_no_more_than_an_analyst(bench: Bench, api: Api) -> None:
    frozen = (await api.post("/freezes", {"scope": "global"}, person="anna")).json()
    assert (frozen["scope"], frozen["principal"]) == ("global", "anna")
    assert (await api.get("/status")).json()["frozen"][0]["scope"] == "global"
    assert (await api.post("/actions", BLOCK)).json()["state"] == "denied"
    lifted = await api.post("/freezes/lift", {"scope": "global"}, person="tom")
    assert lifted.json() == {"scope": "global", "lifted": True}


async def test_a_scope_with_a_slash_can_be_lifted(api: Api) -> None:
    await api.post("/freezes", {"scope": "detector:dns/tunnel"})
    assert (await api.post("/freezes/lift", {"scope": "detector:dns/tunnel"})).json()["lifted"]


async def test_explaining_decides_and_leaves_nothing(bench: Bench, api: Api, tmp_path: Path) -> None:
    beacon = findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]
    body: Json = {"finding": beacon.model_dump(mode="json"), "action": "network.block_ip", "target": "198.51.100.23"}
    answer = (await api.post("/policy/explain", body, token=VIEWER)).json()
    assert answer.keys() >= {"tier", "effect", "reasons", "rules", "checks", "policy_digest"}
    assert (answer["tier"], answer["effect"]) == (1, "execute")
    assert bench.entries("request.requested") == []
    assert bench.read(lambda tx: tx.findings.get(beacon.id)) is None


async def test_status_tells_what_ends_next_and_who_is_waited_for(bench: Bench, api: Api) -> None:
    asked = (await api.post("/actions", BLOCK)).json()
    waiting = (await api.post("/actions", {**BLOCK, "target": "10.20.16.114"}, person="tom")).json()
    await bench.respond(asked["incident"])
    status = (await api.get("/status")).json()
    assert status["ends_next"]["action"] == "network.block_ip"
    assert status["in_force"][0]["executor"] == "simulated"
    assert [(one["id"], one["missing"]) for one in status["waiting_for"]] == [(waiting["id"], 1)]
    assert status["policy"]["name"] == "demo"


async def test_a_verdict_and_an_early_release_end_what_is_held(bench: Bench, api: Api) -> None:
    asked = (await api.post("/actions", BLOCK)).json()
    await bench.respond(asked["incident"])
    await api.post("/leases/L-0001/release", {"reason": "it is our scanner"}, person="anna")
    await bench.settle(asked["incident"])
    assert (await api.get(f"/actions/{asked['id']}")).json()["state"] == "vetoed"
    body: Json = {"kind": "false_positive", "reason": "our scanner"}
    judged = await api.post(f"/incidents/{asked['incident']}/verdict", body, person="anna")
    assert judged.json()["verdict"] == "false_positive"


async def test_the_ledger_is_told_by_pages_and_by_subject(bench: Bench, api: Api) -> None:
    asked = (await api.post("/actions", BLOCK)).json()
    entries = (await api.get(f"/ledger?subject=request/{asked['id']}")).json()["entries"]
    assert entries[0]["kind"] == "request.requested"
    last = entries[-1]["seq"]
    beyond = await api.get(f"/ledger?subject=request/{asked['id']}&after={last}")
    assert beyond.json() == {"entries": [], "next": None}


async def test_the_export_is_sealed_to_its_last_entry(bench: Bench, api: Api) -> None:
    await api.post("/actions", BLOCK)
    export = await api.get("/ledger/export")
    assert export.headers["content-type"] == "application/jsonl"
    assert b"fireline/ledger" in export.content.splitlines()[-1]
    await bench.later(timedelta(seconds=1))
