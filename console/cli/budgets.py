"""`fireline budgets`: what tripped, and having it act by itself again."""

from collections.abc import Iterator
from typing import Annotated

import typer

from console.cli.answers import connect, rows
from console.cli.leaving import Exit
from console.cli.options import As, Home, Json, Why
from console.cli.output import Output
from engine.model.base import Json as JsonObject

budgets = typer.Typer(help="Budgets that tripped: nothing of their scope acts by itself.", no_args_is_help=True)
COLUMNS = ("id", "scope", "at", "missing", "asked", "waiting", "gathered", "review", "why")


@budgets.command("list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Also those that were reset.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """What stands tripped, why, and how many people it takes to reset; how much of each segment is under effects."""
    answer = connect(home).get("/budgets", all=everything)
    Output(json).show(answer, _told(answer))


@budgets.command("reset")
def reset(
    scope: Annotated[str, typer.Argument(help="As listed, for example block-outside or detector:NAME@VERSION.")],
    reason: Why = "",
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Vote to have it act by itself again; it takes two people, and forgives nothing that was done."""
    answer = connect(home, acting_as).post("/budgets/reset", {"scope": scope, "reason": reason})
    Output(json).show(answer, [_answered(answer)])
    if not answer["accepted"]:
        raise typer.Exit(Exit.REFUSED)


def _told(answer: JsonObject) -> Iterator[str]:
    found = ["  ".join(filter(None, row)) for row in rows(answer, "trips", COLUMNS)]
    yield from found or ["no budget stands tripped"]
    for segment, in_force, assets, limit in rows(answer, "segments", ("segment", "in_force", "assets", "limit")):
        most = f", at most {limit} without approval" if limit else ""
        yield f"segment:{segment}  {in_force} in force of {assets} assets{most}"


def _answered(answer: JsonObject) -> str:
    if not answer["accepted"]:
        return f"does not count: {answer['because']}"
    if answer["missing"]:
        return f"{answer['scope']}: {answer['missing']} more to reset it"
    return f"{answer['scope']}: reset"
