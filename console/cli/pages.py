"""`fireline pages`: what people are paged about."""

from typing import Annotated

import typer

from console.cli.answers import connect, listing
from console.cli.options import As, Home, Id, Json
from console.cli.output import Output

pages = typer.Typer(no_args_is_help=True, help="What people are paged about.")


@pages.command("list")
def list_pages(
    all: Annotated[bool, typer.Option("--all", help="Those already over as well.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """What stands, what nobody has acknowledged first."""
    answer = connect(home).get("/pages", all=all)
    columns = ("id", "state", "kind", "opened_at", "next_at", "acknowledged_by", "text")
    listing(Output(json), answer, "pages", columns, empty="nobody is paged")


@pages.command("ack")
def ack(id: Id, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Take a page on: it is quiet from now on, and back after 4 hours should its cause go on."""
    answer = connect(home, acting_as).post(f"/pages/{id}/acknowledgement", {})
    Output(json).show(answer, [f"{id}: {answer['state']}"])
