"""The API described: every body has an example, and every example is taken as a body."""

from console.api.app import build_app
from console.api.backend import Backend
from console.api.examples import BODIES, FILES, describe
from engine.model.base import Json
from tests.console.api.conftest import Api


def operations(backend: Backend) -> dict[str, Json]:
    """Every POST by its path."""
    paths = describe(build_app(backend))["paths"]
    assert isinstance(paths, dict)
    return {path: methods["post"] for path, methods in paths.items() if "post" in methods}  # type: ignore[call-overload, misc, index, operator]


def test_every_body_has_an_example(backend: Backend) -> None:
    taking = {path for path, operation in operations(backend).items() if "requestBody" in operation}
    assert taking == {f"/api/v1{path}" for path in (*BODIES, *FILES)}


def test_every_answer_that_is_an_error_is_described_as_the_problem_it_is(backend: Backend) -> None:
    for operation in operations(backend).values():
        assert "application/problem+json" in str(operation["responses"])
        assert "HTTPValidationError" not in str(operation)


async def test_every_example_fits_its_door(api: Api) -> None:
    for path, body in BODIES.items():
        answer = await api.post(path.replace("{kind}", "policy").replace("{", "").replace("}", ""), body)
        places = [one for one in answer.json().get("problems", []) if one.get("in") == "body"]
        assert places == [], path


def test_asked_again_it_says_the_same(backend: Backend) -> None:
    app = build_app(backend)
    assert str(describe(app)) == str(describe(app))


async def test_it_is_served_to_whoever_is_known(api: Api) -> None:
    document = (await api.get("/openapi.json")).json()
    assert document["paths"]["/api/v1/freezes"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert (await api.bare("GET", "/api/v1/openapi.json")).status_code == 401
