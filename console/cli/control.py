"""`fireline leases`, `freeze`, `unfreeze` and `status`."""

from datetime import timedelta
from typing import Annotated

import typer

from console.cli.answers import connect, listing, local
from console.cli.cases import span
from console.cli.options import As, Home, Id, Json, Why
from console.cli.output import Output, note
from engine.model.base import Json as JsonObject

leases = typer.Typer(no_args_is_help=True, help="Effects in force, and how they end.")
LONGEST_ALONE = timedelta(minutes=60)
Scope = Annotated[str, typer.Argument(help="global, action:ID, connector:NAME, target:NAME or detector:ID.")]


@leases.command("list")
def list_leases(home: Home = None, json: Json = False) -> None:
    """Every effect, in force or over."""
    answer = connect(home).get("/leases")
    columns = ("id", "state", "action", "target", "executor", "expires_at", "holders")
    listing(Output(json), answer, "leases", columns, empty="no leases")


@leases.command("extend")
def extend(
    id: Id,
    by: Annotated[str, typer.Option("--by", help="How much longer, for example 10m.")],
    reason: Why,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Let an effect last longer, within the ceiling that policy set."""
    body: JsonObject = {"by_s": span(by).total_seconds(), "reason": reason}
    answer = connect(home, acting_as).post(f"/leases/{id}/extension", body)
    Output(json).show(answer, [f"{id}: until {local(answer['expires_at'])}"])


@leases.command("release")
def release(id: Id, reason: Why, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """End an effect now; for a tier-2 action this is the veto."""
    answer = connect(home, acting_as).post(f"/leases/{id}/release", {"reason": reason})
    Output(json).show(answer, [f"{id}: releasing"])


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
