"""`fireline freeze`, `unfreeze` and `status`."""

from datetime import timedelta
from typing import Annotated

import typer

from console.cli.answers import connect, local
from console.cli.cases import span
from console.cli.options import As, Home, Json, Why
from console.cli.output import Output, note

LONGEST_ALONE = timedelta(minutes=60)
Scope = Annotated[str, typer.Argument(help="global, action:ID, connector:NAME, target:NAME or detector:ID.")]


def freeze(
    scope: Scope = "global",
    reason: Why = "",
    lasts: Annotated[str | None, typer.Option("--for", help="How long, at most 60m.")] = None,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Stop whatever has not begun. Acts at once, with or without a reason; releases go on."""
    wanted = None if lasts is None else span(lasts)
    seconds = None if wanted is None else wanted.total_seconds()
    answer = connect(home, acting_as).post("/freezes", {"scope": scope, "reason": reason, "lasts_s": seconds})
    Output(json).show(answer, [f"frozen: {answer['scope']} until {local(answer['until'])}"])
    if wanted is not None and wanted > LONGEST_ALONE:
        note("one person alone freezes for 60m at most: let somebody else freeze again before it ends")
    if not reason:
        note("no reason given: say why by freezing again with --reason")


def unfreeze(
    scope: Scope = "global", reason: Why = "", acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Lift a freeze."""
    answer = connect(home, acting_as).post("/freezes/lift", {"scope": scope, "reason": reason})
    Output(json).show(answer, [f"lifted: {scope}"])


def status(home: Home = None, json: Json = False) -> None:
    """What is in force and ends next, who is waited for, what is stuck, frozen, over budget."""
    from console.cli.telling import tell_status

    answer = connect(home).get("/status")
    Output(json).show(answer, tell_status(answer))
