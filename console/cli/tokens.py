"""`fireline tokens`: tokens by which programs and people speak to the API."""

from typing import Annotated

import typer

from console.cli.answers import connect, listing, local
from console.cli.options import Home, Id, Json
from console.cli.output import Output
from engine.duration import parse
from engine.model.base import Json as JsonObject

tokens = typer.Typer(no_args_is_help=True, help="Tokens for the API: narrow, ending, revocable.")

Scopes = Annotated[list[str], typer.Option("--scope", help="A permission it opens; once for each (docs/api.md).")]
Lasts = Annotated[str, typer.Option(metavar="SPAN", help="How long it is valid: 90d, 12h; a year at most.")]
Owner = Annotated[str | None, typer.Option("--for", help="A bot, instead of yourself; takes an administrator.")]


@tokens.command("create")
def create(
    label: Annotated[str, typer.Argument(metavar="LABEL")],
    scope: Scopes,
    lasts: Lasts = "90d",
    owner: Owner = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a token and print it, once: it is kept nowhere."""
    body: JsonObject = {"label": label, "scopes": [*scope], "lasts_s": parse(lasts).total_seconds(), "owner": owner}
    made = connect(home).post("/tokens", body)
    said = f"{made['id']} of {made['principal']}, valid until {local(made['expires_at'])}; it is not shown again:"
    Output(json).show(made, [said, str(made["token"])])


@tokens.command("list")
def list_tokens(home: Home = None, json: Json = False) -> None:
    """Your tokens, or everybody's if you are an administrator or auditor."""
    columns = ("id", "state", "principal", "label", "scopes", "expires_at", "last_used_at")
    listing(Output(json), connect(home).get("/tokens"), "tokens", columns, empty="there are no tokens")


@tokens.command("revoke")
def revoke(id: Id, home: Home = None, json: Json = False) -> None:
    """End a token now."""
    gone = connect(home).post(f"/tokens/{id}/revocation", {})
    Output(json).show(gone, [f"{id}: revoked"])
