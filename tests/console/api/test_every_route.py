"""What every route keeps, walked one by one: asking changes nothing, and every answer is dressed for browsers."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message

from console.api.app import API, LARGEST_BODY, LARGEST_FILES, build_app
from console.api.backend import Backend
from console.api.headers import SECURE
from console.api.permissions import ROUTES
from console.chat.mattermost.routes import mattermost_routes
from console.chat.slack.routes import slack_routes
from console.chat.teams.routes import teams_routes
from console.chat.webhook.routes import hook_routes
from engine.model.base import Json
from engine.model.principal import Role
from tests.bench import DATABASE, Bench
from tests.console.api.conftest import Api, only

ASKING = ["GET", "HEAD", "OPTIONS"]
KEPT_ASIDE = {"checkpoint"}
"""An export seals the ledger up to its last entry, which adds a checkpoint and changes no entry."""
THERE = {
    "{request_id}": "AR-0001", "{incident_id}": "INC-0001", "{lease_id}": "L-0001", "{finding_id}": "none",
    "{page_id}": "PG-0001", "{kind}": "policy", "{digest}": "active", "{token_id}": "AT-0001",
}  # fmt: skip
QUERIES = {
    "/events": "after=none",
    "/leases/caused": "cause=incident:INC-0001",
    "/context/known": "target=files-02",
    "/intel/lookup": "value=203.0.113.7",
}
"""What some take to be answered at all; the stream is asked so that it never begins."""


def path_of(route: str) -> str:
    """A route with ids in it that mostly stand for something."""
    for part in [part for part in route.split("/") if part.startswith("{")]:
        route = route.replace(part, THERE.get(part, "XX-0001"))
    return f"{API}{route}?{QUERIES[route]}" if route in QUERIES else f"{API}{route}"


PATHS = sorted({path_of(path) for _, path in ROUTES})
ELSEWHERE = [
    "/",
    "/nowhere",
    "/healthz",
    "/livez",
    "/auth/link?secret=x",
    "/auth/logout",
    "/auth/login",
    "/auth/callback",
]
ELSEWHERE += [f"/chat/{name}" for name in ("slack/interactions", "teams/messages", "mattermost/actions", "webhook/x")]
PAGES = {
    "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
}
"""What a page of ours may say instead."""


@pytest.fixture
async def _busy(api: Api, bench: Bench) -> None:
    """Something stands in most of the lists."""
    await bench.respond((await bench.ask(by="admin")).incident_id)
    await api.post("/tokens", {"label": "x", "scopes": ["read"], "lasts_s": 60})
    await api.post("/freezes", {"scope": "segment:servers", "reason": "close"})


@pytest.fixture
def whole(backend: Backend) -> FastAPI:
    """The application with the routes of every chat product, none of which is set up."""
    app = build_app(backend)
    app.include_router(slack_routes(None))
    app.include_router(teams_routes(None))
    app.include_router(mattermost_routes(None))
    app.include_router(hook_routes({}))
    return app


@pytest.fixture
async def http(whole: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(whole, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://engine") as client:
        yield client


def written(file: Path) -> list[str]:
    """Every row of every table that is not kept aside."""
    with sqlite3.connect(file) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: [*database.execute(f'SELECT * FROM "{name}"')] for name in names if name not in KEPT_ASIDE}
    return [f"{name}: {row}" for name, found in rows.items() for row in found]


def is_dressed(answer: httpx.Response) -> bool:
    """A page with a form says where that may go, and lets its own address be known to itself; nothing else differs."""
    told = {name: answer.headers.get(name, "") for name in SECURE}
    for name, loosened in PAGES.items():
        told[name] = told[name].replace(loosened, SECURE[name])
    return told == SECURE


def whose(bench: Bench) -> dict[str, str]:
    return {"Authorization": f"Bearer {bench.settings.token_file.read_text().strip()}"}


@pytest.mark.usefixtures("_busy")
@pytest.mark.parametrize("method", ASKING)
async def test_asking_never_changes_anything(http: httpx.AsyncClient, bench: Bench, home: Path, method: str) -> None:
    before = written(home / DATABASE)
    answers = [await http.request(method, path, headers=whose(bench)) for path in (*PATHS, *ELSEWHERE)]
    assert written(home / DATABASE) == before
    statuses = {answer.status_code for answer in answers}
    assert statuses == ({200, 404, 405, 422} if method == "GET" else {404, 405})


@pytest.mark.parametrize("method", [*ASKING, "POST", "PUT", "PATCH", "DELETE"])
async def test_every_answer_is_dressed_whoever_asks_for_whatever(
    http: httpx.AsyncClient, bench: Bench, method: str
) -> None:
    for path in (*PATHS, *ELSEWHERE):
        for headers in (whose(bench), {}):
            answer = await http.request(method, path, headers=headers)
            assert is_dressed(answer), f"{method} {path}: {answer.status_code}"


async def test_a_mistake_of_ours_is_dressed_too(
    http: httpx.AsyncClient, whole: FastAPI, bench: Bench, backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(work: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(backend.store, "read", broken)
    answer = await http.get(f"{API}/freezes", headers=whose(bench))
    assert (answer.status_code, is_dressed(answer)) == (500, True)


async def test_a_stream_is_dressed_too(whole: FastAPI) -> None:
    async def gone() -> Json:
        return {"type": "http.disconnect"}

    sent = list[httpx.Headers]()

    async def hear(message: Message) -> None:
        sent.append(httpx.Headers(message.get("headers")))

    headers = [(b"authorization", f"Bearer {only(Role.VIEWER)}".encode())]
    scope = {"type": "http", "method": "GET", "path": f"{API}/events", "query_string": b"", "headers": headers}
    await whole(scope, gone, hear)
    assert {name: sent[0].get(name) for name in SECURE} == SECURE


async def test_nothing_too_large_is_read_at_any_door(http: httpx.AsyncClient, bench: Bench) -> None:
    for path in (path_of(route) for method, route in ROUTES if method == "POST"):
        size = LARGEST_FILES.get(path, LARGEST_BODY) + 1
        answer = await http.post(path, content=b"{}", headers={**whose(bench), "Content-Length": str(size)})
        assert answer.status_code == 413, path
