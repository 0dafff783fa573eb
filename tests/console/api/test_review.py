"""Reviews, verdicts, metrics and sources at their doors."""

from pathlib import Path

import pytest

from detectors.generators import alerts
from engine.model.base import Json
from engine.model.finding import Finding
from tests.bench import Bench, findings
from tests.console.api.conftest import BOT, Api

ANSWERS: Json = {"bytes": "not_dns", "peer": "unknown", "explained": "nothing"}


@pytest.fixture
async def flow(bench: Bench, tmp_path: Path) -> Finding:
    """What the header detector makes of a flow, with its bytes."""
    like = findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]
    raw: Json = {"raw": [{"bytes": "160301020001fc03"}]}
    changes = {"id": "F-1", "detector": "dns.header_autoencoder", "confidence": 0.5, "evidence": raw}
    found = like.model_copy(update=changes)
    await bench.feed(found)
    return found


async def test_the_queue_lists_what_waits_and_leads_to_the_raw_flow(api: Api, flow: Finding) -> None:
    [listed] = (await api.get("/reviews")).json()["reviews"]
    shown = (await api.get(f"/reviews/{listed['id']}")).json()
    assert (listed["id"], listed["kind"], listed["state"], listed["overdue"]) == ("RV-0001", "traffic", "open", False)
    assert listed["subject"] == "finding/F-1"
    assert listed["deadline"] > listed["created_at"]
    assert [question["id"] for question in shown["checklist"]] == ["bytes", "peer", "explained", "note"]
    assert shown["evidence"]["evidence"] == flow.evidence


async def test_an_item_is_taken_answered_and_gone_from_the_queue(api: Api, flow: Finding) -> None:
    taken = await api.post("/reviews/RV-0001/take", {}, person="anna")
    again = await api.post("/reviews/RV-0001/take", {}, person="tom")
    body: Json = {"verdict": "true_positive", "reason": "TLS on port 53", "answers": ANSWERS}
    answered = await api.post("/reviews/RV-0001/answer", body, person="anna")
    assert (taken.json()["taken_by"], taken.json()["evidence"]["id"]) == ("anna", "F-1")
    assert (again.status_code, again.json()["exit_code"]) == (403, 1)
    assert "is taken by `anna`" in again.json()["title"]
    assert (answered.json()["state"], answered.json()["verdict"]) == ("answered", "true_positive")
    assert (await api.get("/reviews")).json()["reviews"] == []
    assert len((await api.get("/reviews?all=true")).json()["reviews"]) == 1
    [verdict] = (await api.get("/findings/F-1")).json()["verdicts"]
    assert (verdict["kind"], verdict["principal"]) == ("true_positive", "anna")


async def test_an_answer_without_its_checklist_is_bad_input_that_names_every_question(api: Api, flow: Finding) -> None:
    body: Json = {"verdict": "test", "reason": "r", "answers": {}}
    refused = await api.post("/reviews/RV-0001/answer", body, person="anna")
    assert (refused.status_code, refused.json()["exit_code"]) == (422, 2)
    assert [line.split("`")[1] for line in refused.json()["title"].splitlines()] == ["bytes", "peer", "explained"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/reviews/RV-0001/take", {}),
        ("/reviews/RV-0001/answer", {"verdict": "test", "reason": "r", "answers": ANSWERS}),
        ("/findings/F-1/verdict", {"kind": "true_positive", "reason": "r"}),
    ],
)
async def test_a_sensor_judges_nothing(api: Api, flow: Finding, path: str, body: Json) -> None:
    refused = await api.post(path, body, token=BOT)
    assert (refused.status_code, refused.json()["title"]) == (403, "`siem-bot` is a bot, and judging takes a person")


async def test_findings_are_listed_and_judged(api: Api, flow: Finding) -> None:
    judged = await api.post("/findings/F-1/verdict", {"kind": "test", "reason": "our scanner"}, person="anna")
    listed = (await api.get("/findings")).json()["findings"]
    assert [one["id"] for one in listed] == ["F-1"]
    assert listed == [judged.json()]
    assert (await api.get("/findings/F-9")).status_code == 404


async def test_an_action_is_judged_once_it_was_carried_out(bench: Bench, api: Api) -> None:
    own = await bench.ask("tom")
    await bench.respond(own.incident_id)
    path, body = f"/actions/{own.id}/verdict", {"kind": "harmful", "reason": "it cut the shop off"}
    judged = await api.post(path, {**body}, person="anna")
    refused = await api.post(path, {**body}, person="tom")
    unknown = await api.post(path, {"kind": "false_positive", "reason": "r"}, person="anna")
    assert [one["kind"] for one in judged.json()["verdicts"]] == ["harmful"]
    assert (refused.status_code, unknown.status_code) == (403, 422)


async def test_metrics_of_nothing_are_null(api: Api) -> None:
    found = (await api.get("/metrics")).json()
    assert found["automation_accuracy"] == {"count": 0, "of": 0, "share": None, "bound": None, "by_verdict": {}}
    assert found["times"]["contain"] == {"n": 0, "p50_s": None, "p95_s": None}
    assert (await api.get("/metrics?days=0")).status_code == 422


async def test_sources_say_what_is_known_of_each(api: Api, flow: Finding) -> None:
    [source] = (await api.get("/sources")).json()["sources"]
    assert (source["product"], source["detector"]) == (flow.origin.product, "dns.header_autoencoder")
    assert (source["quality"], source["band"], source["this_hour"]) == ("unknown", None, 1)
