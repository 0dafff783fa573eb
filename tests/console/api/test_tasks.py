"""Tasks at their doors, and runs as an incident shows them."""

from pathlib import Path

import pytest

from detectors.generators import alerts
from engine.model.base import Json
from tests.bench import Bench, findings
from tests.console.api.conftest import BOT, Api
from tests.engine.control.playing import play
from tests.engine.walking import playbook

STEPS = """
- name: ask
  task: Look at the host
  groups: [responders]
  because: somebody has to
  questions: [{id: gone, text: Is it gone, type: yes_no}]
- {name: pause, wait: 1h, when: answer.ask.gone, because: b}"""


@pytest.fixture
async def incident(bench: Bench, tmp_path: Path) -> str:
    """An incident whose playbook asks a person."""
    play(bench, playbook(STEPS))
    return await bench.feed(findings(list(alerts.findings(1, bench.now)), tmp_path)[0])


async def test_a_task_is_listed_shown_answered_and_gone(api: Api, bench: Bench, incident: str) -> None:
    [listed] = (await api.get("/tasks")).json()["tasks"]
    assert (listed["id"], listed["state"], listed["incident"]) == ("TK-0001", "open", incident)
    assert (listed["task"], listed["asked"]) == ("Look at the host", ["anna", "tom"])
    assert (await api.get("/tasks/TK-0001")).json() == listed
    answered = await api.post("/tasks/TK-0001/answer", {"answers": {"gone": "yes"}}, person="anna")
    assert (answered.json()["state"], answered.json()["answers"]) == ("answered", {"gone": True})
    assert (await api.get("/tasks")).json() == {"tasks": [], "next": None}
    assert len((await api.get("/tasks?all=true")).json()["tasks"]) == 1


async def test_a_task_is_declined_with_a_reason(api: Api, incident: str) -> None:
    declined = await api.post("/tasks/TK-0001/decline", {"reason": "not ours"}, person="tom")
    assert (declined.json()["state"], declined.json()["reason"]) == ("declined", "not ours")


@pytest.mark.parametrize(
    ("person", "path", "body", "status"),
    [
        ("lena", "/tasks/TK-0001/answer", {"answers": {"gone": True}}, 403),
        ("anna", "/tasks/TK-0001/answer", {"answers": {}}, 422),
        ("anna", "/tasks/TK-0001/decline", {"reason": ""}, 422),
        ("anna", "/tasks/TK-0002/answer", {"answers": {}}, 404),
    ],
)
async def test_what_does_not_count_is_refused(
    api: Api, incident: str, person: str, path: str, body: Json, status: int
) -> None:
    assert (await api.post(path, body, person=person)).status_code == status


async def test_a_bot_does_nobodys_work(api: Api, incident: str) -> None:
    refused = await api.post("/tasks/TK-0001/answer", {"answers": {"gone": True}}, token=BOT)
    assert (refused.status_code, "is a bot" in refused.json()["title"]) == (403, True)


async def test_an_incident_shows_its_runs_visit_by_visit(api: Api, bench: Bench, incident: str) -> None:
    await api.post("/tasks/TK-0001/answer", {"answers": {"gone": True}}, person="anna")
    await bench.respond(incident)
    [run] = (await api.get(f"/incidents/{incident}")).json()["runs"]
    assert (run["id"], run["playbook"], run["state"]) == ("RUN-0001", "p@1", "running")
    assert [(visit["path"], visit["state"], visit["follows"]) for visit in run["visits"]] == [
        ("ask", "done", "TK-0001"), ("pause", "begun", ""),
    ]  # fmt: skip


async def test_the_state_of_everything_names_what_is_to_be_done(api: Api, incident: str) -> None:
    assert [task["id"] for task in (await api.get("/status")).json()["tasks"]] == ["TK-0001"]
