"""`fireline leases`, `freeze`, `unfreeze` and `status`."""

from typing import Annotated

import typer

from console.cli.answers import connect, rows, text
from console.cli.cases import Id, span
from console.cli.options import As, Home, Json, Why
from console.cli.output import Output
from engine.model.base import Json as JsonObject

leases = typer.Typer(no_args_is_help=True, help="Effects in force, and how they end.")
Scope = Annotated[str, typer.Argument(help="global, action:ID, connector:NAME, target:NAME or detector:ID.")]


@leases.command("list")
def list_leases(home: Home = None, json: Json = False) -> None:
    """Every effect, in force or over."""
    answer = connect(home).get("/leases")
    columns = ("id", "state", "action", "target", "executor", "expires_at", "holders")
    Output(json).table(answer, columns, rows(answer, "leases", columns), empty="no leases")


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
    Output(json).show(answer, [f"{id}: until {answer['expires_at']}"])


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
    """Stop whatever has not begun. Acts at once; releases go on."""
    seconds = None if lasts is None else span(lasts).total_seconds()
    answer = connect(home, acting_as).post("/freezes", {"scope": scope, "reason": reason, "lasts_s": seconds})
    Output(json).show(answer, [f"frozen: {answer['scope']} until {answer['until']}"])


def unfreeze(
    scope: Scope = "global", reason: Why = "", acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Lift a freeze."""
    answer = connect(home, acting_as).post(f"/freezes/{scope}/lift", {"reason": reason})
    Output(json).show(answer, [f"lifted: {scope}"])


def status(home: Home = None, json: Json = False) -> None:
    """What is in force and ends next, who is waited for, what is stuck, frozen, over budget."""
    answer = connect(home).get("/status")
    Output(json).show(answer, _told(answer))


SECTIONS = {
    "stuck": ("stuck", ("id", "action", "target", "state", "note")),
    "frozen": ("frozen", ("scope", "principal", "reason", "until")),
    "in force": ("in_force", ("id", "action", "target", "state", "executor", "expires_at")),
    "waiting for": ("waiting_for", ("id", "action", "target", "missing", "groups", "on_call", "deadline")),
    "connectors": ("connectors", ("instance", "executor", "healthy", "seen_at", "error")),
}
"""What a person is shown, the most urgent first."""


def _told(answer: JsonObject) -> list[str]:
    lines = [f"at {answer['at']}, policy {text(answer['policy'])}"]
    for title, (name, columns) in SECTIONS.items():
        found = list(rows(answer, name, columns))
        lines += [f"{title}: {len(found)}", *("  " + "  ".join(row) for row in found)]
    lines += [f"{name}: {text(answer[name])}" for name in ("ends_next", "queued", "over_budget", "dead_letters")]
    return lines
