"""What the commands that talk to the engine share: connecting, and printing its answers."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.output import Output, as_json
from engine.errors import Denied
from engine.model.base import Json

if TYPE_CHECKING:
    from console.client import EngineClient


def connect(home: Path | None, acting_as: str | None = None) -> "EngineClient":
    """The engine that runs under this home."""
    from console.client import EngineClient
    from engine.settings import load

    return EngineClient(load({"home": home}), acting_as)


def rows(answer: Json, name: str, columns: Sequence[str]) -> Iterator[list[str]]:
    """A list in an answer as table rows."""
    listed = answer[name]
    assert isinstance(listed, list)
    for item in listed:
        assert isinstance(item, dict)
        yield [text(item.get(column)) for column in columns]


def text(value: object) -> str:
    """One cell: nothing for None, JSON for what has parts."""
    if value is None:
        return ""
    return value if isinstance(value, str) else as_json({"": value})[5:-1]


def local(at: object) -> str:
    """An instant of an answer as a person here reads it."""
    if not isinstance(at, str):
        return "no end"
    return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")


def show(output: Output, answer: Json) -> None:
    """One object, a field a line; lists of objects one a line below their name."""
    output.show(answer, _lines(answer))


def _lines(answer: Json) -> Iterator[str]:
    for name, value in answer.items():
        if isinstance(value, list) and value:
            yield f"{name}:"
            yield from (f"  {text(item)}" for item in value)
        elif value not in (None, "", [], {}):
            yield f"{name}: {text(value)}"


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
    """How many approvals are missing yet, and from whom."""
    if not answer["missing"]:
        return "the quorum is there"
    groups = answer["groups"] if answer["group_missing"] else None
    named = " or ".join(str(group) for group in groups) if isinstance(groups, list) else ""
    return f"{answer['missing']} more needed" + (f", one from {named}" if named else "")
