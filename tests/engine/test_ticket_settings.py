"""What a site sets for its ticket systems is refused where it could not work, or would leave the way open."""

import re

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.model.base import Json
from engine.model.ticket import TicketSystems

SHAPE: Json = {
    "find": {"method": "GET", "path": "/tickets?external={key}"},
    "found": {"ticket": "items.0.id"},
    "open": {"path": "/tickets", "body": {"title": "{title}", "text": "{text}", "external": "{key}"}},
    "opened": {"ticket": "id"},
    "comment": {"path": "/tickets/{ticket}/comments", "body": {"text": "{text}"}},
}
REST: Json = {"kind": "rest", "name": "desk", "url": "https://desk.example/api", "shape": SHAPE}
JIRA: Json = {"kind": "jira", "name": "j", "url": "https://x.example", "user": "u", "token": "env:T", "project": "SEC"}
SYSTEMS: TypeAdapter[TicketSystems] = TypeAdapter(TicketSystems)


def test_a_mapping_of_one_s_own_is_taken() -> None:
    [system] = SYSTEMS.validate_python([REST])
    assert system.kind == "rest"


@pytest.mark.parametrize(
    ("part", "call", "because"),
    [
        ("open", {"path": "/tickets/{ticket}"}, "`open` has a place for `{ticket}`"),
        ("open", {"path": "/tickets", "body": ["{password}"]}, "`open` has a place for `{password}`"),
        ("open", {"path": "/tickets", "body": {"of": {"text": "{line}"}}}, "`open` has a place for `{line}`"),
        ("comment", {"path": "/t", "body": "{line}"}, "`comment` has a place for `{line}`"),
        ("comment", {"path": "/tickets/{line}"}, "`comment` has a place for `{line}`"),
        ("find", {"path": "/tickets"}, "`find` has no place for `{key}`"),
        ("close", {"path": "tickets"}, "should match pattern"),
        ("close", {"method": "DELETE", "path": "/tickets/{ticket}"}, "Input should be"),
    ],
)
def test_a_mapping_that_could_not_work_is_refused(part: str, call: Json, because: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(because)):
        SYSTEMS.validate_python([{**REST, "shape": {**SHAPE, part: call}}])


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "the-token-itself"},
        {"project": 'SEC" OR project = "HR'},
        {"url": "ftp://x.example"},
        {"url": "http://x.example"},
        {"url": "http://10.0.0.9"},
        {"url": "http://localhost:8080"},
        {"url": "http://127.0.0.1@x.example"},
        {"url": "https://x.example/?a=b"},
        {"url": "https://x.example/"},
        {"transition": "31/../1"},
        {"issue_type": "{title}"},
    ],
)
def test_what_would_leave_the_way_open_is_refused(wrong: Json) -> None:
    with pytest.raises(ValidationError):
        SYSTEMS.validate_python([{**JIRA, **wrong}])


def test_an_item_of_a_list_may_speak_of_lines() -> None:
    body: Json = {"of": [{"text": [{"said": "{line}"}]}]}
    SYSTEMS.validate_python([{**REST, "shape": {**SHAPE, "open": {"path": "/tickets", "body": body}}}])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two ticket systems are called `desk`"):
        SYSTEMS.validate_python([REST, REST])
