"""Whatever is sent to whatever door: an answer of ours, never a mistake of ours, and nothing repeated of it."""

import json
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from console.api.examples import BODIES
from console.api.permissions import ROUTES
from engine.model.base import Json
from tests.console.api.conftest import Api

PATHS = sorted(path for method, path in ROUTES if method == "POST" and path in BODIES)
LONG = {"/governance/{kind}/proposals"}
"""Proving and replaying a policy takes seconds: what may be wrong with one is tried elsewhere."""
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).map(lambda text: quote(text, safe=""))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, Json]:
    """A door, an id that hardly names anything, and an example with something else in one of its places."""
    path = draw(st.sampled_from([path for path in PATHS if path not in LONG]))
    body: dict[str, JsonValue] = {**BODIES[path]}
    body[draw(st.sampled_from(sorted(body)) | st.text(max_size=5))] = draw(VALUES)
    for part in [part for part in path.split("/") if part.startswith("{")]:
        path = path.replace(part, draw(IDS))
    return path, body


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests())
async def test_any_request_is_answered_and_none_is_a_mistake_of_ours(api: Api, request: tuple[str, Json]) -> None:
    path, body = request
    answer = await api.raw(path, json.dumps(body))
    assert answer.status_code in {200, 403, 404, 405, 409, 422}, answer.text
    assert answer.status_code == 200 or answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("text", ["\\ud800", "\\u0000", "x" * 5000])
async def test_text_that_nothing_can_write_is_refused_in_every_place(api: Api, text: str) -> None:
    for path, body in BODIES.items():
        for name in body if path not in LONG else ():
            answer = await api.raw(path.replace("{kind}", "policy"), json.dumps({**body, name: "@"}).replace("@", text))
            assert answer.status_code < 500, f"{path} {name}: {answer.text}"


DEEP = '{"scope": ' + "[" * 900 + "]" * 900 + "}"
LONG_NUMBER = '{"scope": "x", "reason": ' + "9" * 5000 + "}"
BEYOND = ["ledger?after=" + "9" * 30, f"events?after={2**63 - 1}", "actions?after=%00"]


@pytest.mark.parametrize("content", ["[" * 100_000, DEEP, LONG_NUMBER])
async def test_what_is_too_deep_or_too_long_for_a_number_is_refused(api: Api, content: str) -> None:
    assert (await api.raw("/freezes", content)).status_code in {400, 422}


@pytest.mark.parametrize("query", BEYOND)
async def test_numbers_and_ids_beyond_any_are_no_mistake_of_ours(api: Api, query: str) -> None:
    assert (await api.get(f"/{query}")).status_code in {200, 422}
