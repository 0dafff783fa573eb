"""How the API speaks HTTP: problems with a place and a remedy, bounds, pace, health, and what browsers are told."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from console.api import routes_health
from console.api.app import LARGEST_BODY, build_app
from console.api.backend import Backend
from console.api.headers import SECURE
from console.api.problems import REMEDIES
from console.pace import NOTHING, Pace
from detectors.generators import alerts
from engine.errors import EngineBug, FirelineError, StoreTaken, StoreUnavailable, TargetRefused
from engine.model.base import Json
from engine.store import writer
from tests.bench import Bench, findings
from tests.console.api.conftest import Api
from tests.engine.store.waiting import held_up

SECOND = timedelta(seconds=1)


def is_problem(answer: httpx.Response, status: int) -> bool:
    """Whether it is one, says what to do, and carries the headers."""
    said = answer.json()
    typed = answer.headers["content-type"] == "application/problem+json"
    dressed = all(answer.headers.get(name) == value for name, value in SECURE.items())
    whole = {"title", "status", "exit_code"} <= said.keys()
    return (
        typed
        and dressed
        and whole
        and answer.status_code == said["status"] == status
        and said["remedy"] == REMEDIES[status]
    )


async def test_every_kind_of_refusal_is_a_problem_with_its_remedy(api: Api, bench: Bench) -> None:
    assert is_problem(await api.bare("GET", "/api/v1/status"), 401)
    assert is_problem(await api.bare("GET", "/nowhere"), 404)
    assert is_problem(await api.bare("DELETE", "/healthz"), 405)
    assert is_problem(await api.get("/incidents/INC-9999"), 404)
    assert is_problem(await api.raw("/freezes", "{"), 422)
    assert is_problem(await api.raw("/freezes", '{"scope": "' + "x" * LARGEST_BODY + '"}'), 413)


async def test_all_that_does_not_fit_is_named_by_its_place_and_never_repeated(api: Api) -> None:
    body = '{"action": "secret-one", "target": 5, "params": {"a/b": 1}, "lease_s": "secret-two"}'
    answer = await api.raw("/actions", body)
    assert is_problem(answer, 422)
    places = [(one["in"], one["pointer"]) for one in answer.json()["problems"]]
    assert places == [("body", "/target"), ("body", "/lease_s"), ("body", "/reason")]
    assert "secret" not in answer.text


@pytest.mark.parametrize("error", [EngineBug, FirelineError, TargetRefused])
async def test_a_mistake_of_ours_is_in_the_log_and_says_nothing(
    api: Api,
    backend: Backend,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    async def broken(work: object) -> object:
        raise error("the table secret-one has no column")

    monkeypatch.setattr(backend.store, "read", broken)
    answer = await api.get("/freezes")
    assert is_problem(answer, 500)
    assert (answer.json()["title"], answer.json()["exit_code"]) == ("something that cannot happen did", 1)
    assert "GET /api/v1/freezes" in caplog.text
    assert "secret-one" in caplog.text


async def test_a_mistake_in_a_file_is_named_by_line_and_column(api: Api, bench: Bench, tmp_path: Path) -> None:
    await bench.feed(*findings(alerts.beaconing(bench.now, beats=1), tmp_path))
    finding = bench.read(lambda tx: tx.findings.all())[0]
    body: Json = {"files": [{"name": "p.yaml", "text": "id: a\nid: b\n"}], "finding_id": finding.id}
    answer = await api.post("/playbooks/plan", body)
    assert is_problem(answer, 422)
    (place,) = answer.json()["problems"]
    assert (place["file"], place["line"], place["column"]) == ("p.yaml", 2, 1)


async def test_every_answer_tells_browsers_to_keep_and_load_nothing(api: Api) -> None:
    for answer in (await api.get("/status"), await api.bare("GET", "/healthz"), await api.bare("GET", "/nowhere")):
        assert {name: answer.headers[name] for name in SECURE} == SECURE


async def test_a_body_without_a_stated_length_is_cut_off_all_the_same(backend: Backend, bench: Bench) -> None:
    async def endless() -> object:
        while True:
            yield b" " * 2**20

    token = bench.settings.token_file.read_text().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    transport = httpx.ASGITransport(build_app(backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as http:
        answer = await http.post("/api/v1/freezes", content=endless(), headers=headers)  # type: ignore[arg-type]
    assert is_problem(answer, 413)


async def test_who_comes_too_often_is_told_when_to_come_again(backend: Backend, bench: Bench) -> None:
    api = Api(replace(backend, pace=Pace(per_second=0.5, at_once=2)), bench.settings.token_file.read_text().strip())
    assert [(await api.get("/status")).status_code for _ in range(3)] == [200, 200, 429]
    refused = await api.get("/status")
    assert is_problem(refused, 429)
    bench.now += timedelta(seconds=int(refused.headers["retry-after"]))
    assert [(await api.get("/status")).status_code for _ in range(2)] == [200, 429]


async def test_strangers_are_slowed_down_and_hold_up_nobody_who_is_known(backend: Backend, bench: Bench) -> None:
    slow = replace(backend, strangers_pace=Pace(per_second=1, at_once=1))
    api = Api(slow, bench.settings.token_file.read_text().strip())
    assert [(await api.get("/status", token="guessed")).status_code for _ in range(2)] == [401, 429]
    assert (await api.get("/status")).status_code == 200
    assert sum(knock.count for knock in slow.strangers.take()) == 2


def test_a_pace_lets_a_burst_in_and_then_one_by_one(bench: Bench) -> None:
    pace = Pace(per_second=2, at_once=3)
    assert [pace.wait("a", bench.now) for _ in range(4)] == [NOTHING, NOTHING, NOTHING, SECOND / 2]
    assert pace.wait("b", bench.now) == NOTHING
    assert pace.wait("a", bench.now + SECOND / 2) == NOTHING
    assert pace.wait("a", bench.now + SECOND / 2) == SECOND / 2


def test_a_clock_put_back_keeps_nobody_out(bench: Bench) -> None:
    pace = Pace(per_second=1, at_once=2)
    pace.wait("a", bench.now)
    before = bench.now - 3600 * SECOND
    assert [pace.wait("a", before) for _ in range(3)] == [NOTHING, NOTHING, SECOND]


def test_a_pace_takes_a_bounded_room_and_forgets_no_culprit_early(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.pace.REMEMBERED", 10)
    pace = Pace(per_second=1, at_once=2)
    for _ in range(2):
        pace.wait("busy", bench.now)
    later = bench.now + SECOND
    for n in range(9):
        pace.wait(f"once-{n}", bench.now)
    pace.wait("new", later)
    assert pace.wait("busy", later) == NOTHING
    assert pace.wait("busy", later) > NOTHING


async def test_ready_and_alive_are_two_questions(backend: Backend) -> None:
    async def no() -> bool:
        return False

    api = Api(replace(backend, ready=no), "")
    assert (await api.bare("GET", "/healthz")).status_code == 503
    assert (await api.bare("GET", "/livez")).status_code == 200


@pytest.mark.parametrize(("holds_s", "at_once", "looks"), [(3600.0, 20, 1), (0.0, 1, 3)])
async def test_however_many_ask_health_is_looked_at_now_and_then(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, holds_s: float, at_once: int, looks: int
) -> None:
    looked = list[str]()

    async def ready() -> bool:
        looked.append("ready")
        return True

    async def write(work: object) -> None:
        looked.append("alive")

    monkeypatch.setattr(routes_health, "HOLDS_S", holds_s)
    monkeypatch.setattr(backend.store, "write", write)
    api = Api(replace(backend, ready=ready), "")
    for path in ("/healthz", "/livez") * 3:
        answers = await asyncio.gather(*(api.bare("GET", path) for _ in range(at_once)))
        assert {answer.status_code for answer in answers} == {200}
    assert looked == ["ready", "alive"] * looks


async def test_a_look_that_never_ends_is_a_no_and_the_next_one_looks_anew(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = list[bool]()

    async def look() -> bool:
        looked.append(True)
        return len(looked) > 1 or await asyncio.Event().wait()

    monkeypatch.setattr(routes_health, "HOLDS_S", 0.0)
    monkeypatch.setattr(routes_health, "LOOKS_FOR_S", 0.01)
    api = Api(replace(backend, ready=look), "")
    assert [(await api.bare("GET", "/healthz")).status_code for _ in range(2)] == [503, 200]


async def test_who_asks_for_health_and_goes_takes_the_answer_from_nobody(bench: Bench) -> None:
    async def look() -> bool:
        return await asked.wait()

    asked, lately = asyncio.Event(), routes_health.Lately(look)
    gone, stays = asyncio.create_task(lately.answer()), asyncio.create_task(lately.answer())
    await asyncio.sleep(0)
    gone.cancel()
    asked.set()
    assert await stays is True


async def test_a_writer_whose_work_does_not_end_is_not_alive(
    backend: Backend, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "ENDLESS_S", 1e-9)
    monkeypatch.setattr(routes_health, "ASKS_FOR_S", 0.01)
    async with held_up(bench.store):
        assert (await Api(backend, "").bare("GET", "/livez")).status_code == 503


async def test_a_database_that_does_not_answer_is_no_reason_to_start_again(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hangs(work: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(backend.store, "write", hangs)
    monkeypatch.setattr(routes_health, "ASKS_FOR_S", 0.01)
    assert (await Api(backend, "").bare("GET", "/livez")).status_code == 200


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreUnavailable("gone"), 200), (StoreTaken("another engine had it"), 503)],
    ids=lambda one: type(one).__name__,
)
async def test_a_database_that_is_away_is_no_reason_to_start_again_and_one_that_others_had_is(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    async def fails(work: object) -> None:
        raise error

    monkeypatch.setattr(backend.store, "write", fails)
    assert (await Api(backend, "").bare("GET", "/livez")).status_code == status
