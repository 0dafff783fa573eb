"""The API keeps what its description says: schemathesis makes requests from it, and judges the answers by it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from console.api.app import build_app
from console.api.backend import Backend
from console.api.examples import API, describe
from tests.console.api.conftest import Api

if TYPE_CHECKING:
    from typing import Any

    from schemathesis.generation.case import Case
    from schemathesis.schemas import APIOperation

    Operation = APIOperation[Any, Any, Any, Any]
    Made = Case[Any]

ENDLESS, SLOW = f"{API}/events", f"{API}/governance/{{kind}}/proposals"
"""One never ends, the other proves and replays policies for seconds; both have tests of their own."""
LINES = f"{API}/findings/lines"
"""A line that is none is kept and told, and keeps no other back: there is nothing to refuse."""
schemathesis.serializer.alias("application/x-ndjson", "text/plain")
EACH = 10
"""Cases of every operation, of what fits its description and of what does not."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.fixture
def operations(backend: Backend) -> "list[Operation]":
    """Everything that the description names."""
    schema = schemathesis.openapi.from_dict(describe(build_app(backend)))
    # Who comes without a token is another test's.
    schema.config.generation.update(with_security_parameters=False)
    return [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]


def cases(operation: "Operation", mode: GenerationMode) -> "Iterator[Made]":
    """A few requests to one operation, the same at every run."""
    made = list["Made"]()

    @seed(1)
    @settings(max_examples=EACH, phases=[Phase.generate], database=None, suppress_health_check=[*HealthCheck])
    @given(operation.as_strategy(generation_mode=mode))
    def make(case: "Made") -> None:
        made.append(case)

    make()
    yield from made


def can_be(mode: GenerationMode, operation: "Operation") -> bool:
    """Whether there are such requests: nothing but an id, which may be any text, cannot be wrong by its form."""
    formed = len(operation.query) + len(operation.headers) + len(operation.body) > 0
    return operation.path not in (ENDLESS, SLOW) and (mode.is_positive or (formed and operation.path != LINES))


@pytest.mark.parametrize("mode", GenerationMode)
async def test_whatever_is_sent_is_answered_as_the_description_says(
    api: Api, operations: "list[Operation]", mode: GenerationMode
) -> None:
    for operation in (one for one in operations if can_be(mode, one)):
        for case in cases(operation, mode):
            answer = await api.made_up(case.as_transport_kwargs(base_url="http://engine"))
            case.validate_response(answer, checks=CHECKS)


async def test_what_the_description_says_to_take_a_token_takes_one(api: Api, operations: "list[Operation]") -> None:
    for operation in operations:
        answer = await api.bare(operation.method.upper(), operation.path)
        assert (answer.status_code == 401) is ("security" in operation.definition.raw), operation.label
