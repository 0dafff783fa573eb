"""`fireline metrics`."""

from collections.abc import Iterator
from typing import Annotated

import typer

from console.cli.answers import connect, rows, text
from console.cli.options import Home, Json
from console.cli.output import Output
from engine.model.base import Json as JsonObject

Days = Annotated[int, typer.Option("--days", min=1, max=3660, help="How far back.")]


def metrics(days: Days = 30, home: Home = None, json: Json = False) -> None:
    """How well automation does: accuracy, false positives, overrides, times, and each detector's precision."""
    answer = connect(home).get("/metrics", days=days)
    Output(json).show(answer, _lines(answer))


def _lines(answer: JsonObject) -> Iterator[str]:
    yield f"from {answer['since']} to {answer['until']}"
    for name, what in (
        ("automation_accuracy", "automatic actions judged correct"),
        ("false_positive_responses", "responses on false positives, of those judged"),
        ("overrides", "automatic actions taken back"),
    ):
        yield f"{what}: {_share(answer[name])}"
    for name in ("by_tier", "by_state"):
        counts = answer[name]
        assert isinstance(counts, dict)
        yield f"{name.replace('_', ' ')}: {', '.join(f'{key} {count}' for key, count in counts.items()) or 'none'}"
    times = answer["times"]
    assert isinstance(times, dict)
    yield from (f"time to {name}: {_times(value)}" for name, value in times.items())
    for name, answers, median in rows(answer, "hasty", ("principal", "answers", "median_s")):
        yield f"{name} answers faster than cards can be read: {median} s at the median of {answers}"
    for row in rows(answer, "detectors", ("detector", "version", "right", "verdicts", "bound", "demoted")):
        yield "  ".join(["detector", *row]).rstrip()


def _share(part: object) -> str:
    assert isinstance(part, dict)
    share = part["share"]
    return f"{part['count']} of {part['of']}" + ("" if share is None else f" ({share:.0%})")


def _times(part: object) -> str:
    assert isinstance(part, dict)
    if part["n"] == 0:
        return "not measured yet"
    return f"p50 {text(part['p50_s'])} s, p95 {text(part['p95_s'])} s, over {part['n']}"
