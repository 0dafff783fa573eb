"""What the commands that talk to the engine share: connecting, and printing its answers."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import JsonValue

from console.cli.output import Output, as_json
from engine.duration import render
from engine.errors import Denied
from engine.model.base import Json

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
"""How an instant is written in an answer."""

if TYPE_CHECKING:
    from console.client import EngineClient


def connect(home: Path | None, acting_as: str | None = None) -> "EngineClient":
    """The engine that runs under this home."""
    from console.client import EngineClient
    from engine.settings import load

    return EngineClient(load({"home": home}), acting_as)


def listing(output: Output, answer: Json, name: str, columns: Sequence[str], *, empty: str) -> None:
    """An answer that is one named list, as a table."""
    output.table(answer, columns, rows(answer, name, columns), empty=empty)


def rows(answer: Json, name: str, columns: Sequence[str]) -> Iterator[list[str]]:
    """A list in an answer as table rows."""
    listed = answer[name]
    assert isinstance(listed, list)
    for item in listed:
        assert isinstance(item, dict)
        yield [text(item.get(column)) for column in columns]


def text(value: object) -> str:
    """One cell: nothing for None, the local time for an instant, JSON for what has parts."""
    if value is None:
        return ""
    if isinstance(value, str):
        return local(value) if INSTANT.fullmatch(value) else value
    return as_json({"": value})[5:-1]


def local(at: object) -> str:
    """An instant of an answer as a person here reads it."""
    if not isinstance(at, str):
        return "no end"
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def show(output: Output, answer: Json) -> None:
    """One object, a field a line; what has parts below its name, each part on lines of its own."""
    output.show(answer, _lines(answer))


def _lines(answer: Json) -> Iterator[str]:
    for name, value in answer.items():
        if value in (None, "", [], {}):
            continue
        if isinstance(value, list | dict):
            yield f"{name}:"
            yield from (f"  {line}" for line in _parts(value))
        else:
            yield f"{name}: {text(value)}"


def _parts(value: list[JsonValue] | Json) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _lines(value)
        return
    for item in value:
        yield from _part(item) if isinstance(item, dict) else [text(item)]


def _part(item: Json) -> Iterator[str]:
    """One object of a list: reasons, checks and actions as they are told everywhere, others as their fields."""
    match item:
        case {"rule": rule, "text": said}:
            yield f"{rule}: {text(said)}"
        case {"check": check, "outcome": outcome, "summary": summary}:
            yield f"{text(outcome):5}  {check}: {text(summary)}"
        case {"path": path, "kind": kind, "state": state, "follows": follows}:
            said = f": {item['because']}" if item.get("because") else ""
            yield f"{state:8}  {path} ({kind})  {text(follows)}".rstrip() + said
        case {"action": _, "target": _, "tier": _, "state": _}:
            yield tell_action(item)
            reasons = item.get("reasons")
            yield from (f"  {line}" for line in _parts(reasons if isinstance(reasons, list) else []))
        case _:
            first, *others = [*_lines(item)] or ["nothing"]
            yield from (f"- {first}", *(f"  {line}" for line in others))


def tell_action(answer: Json) -> str:
    """One line about a requested action, saying where it acts."""
    where = " [SIMULATED SITE]" if answer.get("executor") == "simulated" else ""
    said = f": {answer['outcome']}" if answer.get("outcome") else ""
    return (
        f"{answer['id']} {answer['action']} {answer['target']}{where}  tier {answer['tier']}  {answer['state']}{said}"
    )


def print_votes(output: Output, answer: Json) -> None:
    """What a vote came to; a vote that does not count is a refusal."""
    if not answer["accepted"]:
        raise Denied(f"{answer['request_id']}: {answer['because']}")
    output.show(answer, [f"{answer['request_id']}: counted; {needed(answer)}"])


def needed(answer: Json) -> str:
    """How many approvals are missing yet, and from whom; or who said no."""
    if answer.get("denied_by"):
        until = f" by {answer['final_at']}" if answer.get("final_at") else ""
        return f"{answer['denied_by']} said no: nothing is done unless that is taken back{until}"
    lasts = answer["agreed_s"]
    agreed = f", for {render(timedelta(seconds=lasts))}" if isinstance(lasts, int | float) else ""
    if not answer["missing"]:
        return f"the quorum is there{agreed}"
    groups = answer["groups"] if answer["group_missing"] else None
    named = " or ".join(str(group) for group in groups) if isinstance(groups, list) else ""
    return f"{answer['missing']} more needed" + (f", one from {named}" if named else "") + agreed
