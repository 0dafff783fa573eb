"""The published table is what the doors do: every route, every role."""

from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from console.api import routes_sign_in
from console.api.app import build_app
from console.api.backend import Backend
from console.api.permissions import ROUTES
from console.api.reference import with_tables
from engine.model.permission import ROLES, Permission
from engine.model.principal import Role
from tests.bench import Bench
from tests.console.api.conftest import Api, only

BASE = "/api/v1"
OPEN = {"/healthz", "/livez"}
SIGNING_IN = {
    ("GET", "/auth/login"): "sends a browser to the identity provider, and knows nothing of it yet",
    ("GET", "/auth/callback"): "what the identity provider signed says who comes",
    ("GET", "/auth/link"): "a page with a form: who has a link hears whose it is, and nobody hears more",
    ("POST", "/auth/link"): "who has a link is known by it",
    ("POST", "/auth/logout"): "ends what the browser came with, and nothing else",
}
"""Open doors beside the table, each with its reason."""
PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "api.md"
NOT_ALLOWED = "is not allowed to do this"
FILLED = {"{kind}": "policy", "{digest}": "active", "{finding_id}": "none", "{page_id}": "PG-9999"}


def filled(path: str) -> str:
    """The path with ids in it that name nothing, and a stream asked for so that it never begins."""
    path = path.replace("/events", "/events?after=none")
    for part in [part for part in path.split("/") if part.startswith("{")]:
        path = path.replace(part, FILLED.get(part, "XX-9999"))
    return path


def test_the_table_has_every_route_and_no_other(backend: Backend) -> None:
    paths = build_app(backend).openapi()["paths"]
    served = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    guarded = {(method, path) for method, path in served if path.startswith(f"{BASE}/")}
    assert {(method, path.removeprefix(BASE)) for method, path in guarded} == ROUTES.keys()
    assert {path for _, path in served - guarded if not path.startswith("/chat/")} == OPEN


async def test_signing_in_is_open_where_a_reason_stands(api: Api) -> None:
    routes = [route for route in routes_sign_in.router.routes if isinstance(route, APIRoute)]
    assert {(method, route.path) for route in routes for method in route.methods or ()} == SIGNING_IN.keys()
    for method, path in SIGNING_IN:
        assert (await api.bare(method, path)).status_code != 405


@pytest.mark.parametrize("role", Role)
async def test_each_role_passes_exactly_the_doors_that_the_table_opens_for_it(api: Api, role: Role) -> None:
    for (method, path), permission in ROUTES.items():
        headers = {"Authorization": f"Bearer {only(role)}"}
        answer = await api.bare(method, BASE + filled(path), **headers)
        refused = answer.status_code == 403 and NOT_ALLOWED in answer.json()["title"]
        assert refused is (role not in ROLES[permission]), f"{role}: {method} {path}: {answer.text[:200]}"


async def test_no_door_opens_without_a_token(api: Api) -> None:
    for method, path in ROUTES:
        answer = await api.bare(method, BASE + filled(path))
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), f"{method} {path}"


async def test_what_the_table_does_not_name_stays_closed(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ROUTES, ("GET", "/status"))
    assert (await api.get("/status")).status_code == 500


async def test_somebody_without_a_role_may_do_nothing(api: Api, bench: Bench) -> None:
    file = bench.settings.people_file
    file.write_text(file.read_text().replace("roles: [viewer], token", "roles: [], token"))
    assert (await api.get("/status", token=only(Role.VIEWER))).status_code == 403


def test_an_administrator_has_every_permission() -> None:
    assert [permission for permission in Permission if Role.ADMIN not in ROLES[permission]] == []


def test_an_auditor_changes_nothing() -> None:
    allowed = {permission for permission in Permission if Role.AUDITOR in ROLES[permission]}
    assert allowed == {Permission.READ, Permission.READ_LEDGER, Permission.EXPORT_LEDGER} | {
        Permission.OWN_TOKENS,
        Permission.OWN_SESSIONS,
    }


def test_the_page_says_what_the_tables_say() -> None:
    text = PAGE.read_text()
    assert with_tables(text) == text, "run `python -m console.api.reference docs/api.md`"
