"""`fireline sessions`: where people are signed in with a browser, and a way in for one's own."""

import typer

from console.cli.answers import connect, listing
from console.cli.options import Home, Id, Json
from console.cli.output import Output

sessions = typer.Typer(no_args_is_help=True, help="Browsers that are signed in: a link for yours, a list, an end.")


@sessions.command("open")
def open_one(home: Home = None, json: Json = False) -> None:
    """Print a link that signs a browser in as you, once, within ten minutes."""
    made = connect(home).post("/sign-in-links", {})
    Output(json).show(made, [str(made["url"])])


@sessions.command("list")
def list_sessions(home: Home = None, json: Json = False) -> None:
    """Your sessions, or everybody's if you are an administrator or auditor."""
    columns = ("id", "state", "principal", "way", "source", "opened_at", "used_at")
    listing(Output(json), connect(home).get("/sessions"), "sessions", columns, empty="nobody is signed in")


@sessions.command("revoke")
def revoke(id: Id, home: Home = None, json: Json = False) -> None:
    """End a session now."""
    gone = connect(home).post(f"/sessions/{id}/revocation", {})
    Output(json).show(gone, [f"{id}: revoked"])
