"""`fireline freeze`, `unfreeze` and `status`."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import connect, local
from console.cli.cases import span
from console.cli.options import As, Home, Json, Why
from console.cli.output import Output, note
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from console.client import EngineClient

Scope = Annotated[
    str, typer.Argument(help="global, action:ID, connector:NAME, segment:KIND, target:NAME or detector:ID.")
]


def freeze(
    scope: Scope = "global",
    reason: Why = "",
    lasts: Annotated[
        str | None, typer.Option("--for", help="How long: 60m at most alone, 24h once somebody else wants it too.")
    ] = None,
    hold: Annotated[
        bool, typer.Option("--hold", help="Let what is in force last as long, within its ceiling.")
    ] = False,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Stop whatever has not begun. Acts at once, and asks for the reason afterwards; releases go on."""
    engine, seconds = connect(home, acting_as), None if lasts is None else span(lasts).total_seconds()
    body: JsonObject = {"scope": scope, "reason": reason, "lasts_s": seconds, "hold": hold}
    answer = engine.post("/freezes", body)
    held = answer["held"]
    assert isinstance(held, list)
    more = [f"held: {', '.join(map(str, held)) or 'nothing'}"] if hold else []
    Output(json).show(answer, [f"frozen: {answer['scope']} until {local(answer['until'])} ({answer['left']})", *more])
    if str(answer["wanted"]) > str(answer["until"]):
        note(f"until {local(answer['wanted'])} once somebody else freezes it for as long: alone it is 60m at most")
    if not answer["reason"]:
        _explain(engine, scope, ask=not json)


def _explain(engine: "EngineClient", scope: str, ask: bool) -> None:
    """Ask why, now that it is frozen; where nobody can be asked, say how to tell."""
    reason = typer.prompt("why", default="", show_default=False) if ask and sys.stdin.isatty() else ""
    if reason.strip():
        engine.post("/freezes/reason", {"scope": scope, "reason": reason})
    else:
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
