"""`fireline evidence`: what was taken down, and whether what is kept here still is that."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import connect, listing, show
from console.cli.leaving import Exit
from console.cli.options import Home, Id, Json
from console.cli.output import Output
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from engine.settings import Settings

evidence = typer.Typer(no_args_is_help=True, help="What was taken down before anything destroyed it.")

Incident = Annotated[str | None, typer.Option("--incident", metavar="ID", help="Only what this one asked for.")]
HOLDS, DAMAGED, ABSENT = "as it was taken", "not what was taken any more", "not kept here, or beyond its retention"


@evidence.command("list")
def list_evidence(incident: Incident = None, home: Home = None, json: Json = False) -> None:
    """Every receipt, the oldest first."""
    answer = connect(home).get("/evidence", **({} if incident is None else {"incident": incident}))
    columns = ("id", "taken_at", "kind", "target", "size", "truncated", "connector", "incidents", "digest")
    listing(Output(json), answer, "evidence", columns, empty="nothing was taken down")


@evidence.command("show")
def show_evidence(id: Id, home: Home = None, json: Json = False) -> None:
    """One receipt, and whether the content kept under this home still has its digest; exit code 1 where not."""
    from engine.settings import load

    answer = connect(home).get(f"/evidence/{id}")
    file = _file(load({"home": home}), str(answer["digest"]))
    state = _state(file)
    found: JsonObject = {**answer, "content": state, "file": None if file is None else str(file)}
    show(Output(json), found)
    if state != HOLDS:
        raise typer.Exit(Exit.REFUSED)


def _file(settings: "Settings", digest: str) -> Path | None:
    """Where the content lies, if here: in the vault of the real connectors or in that of the simulated site."""
    vaults = (settings.home / "evidence", settings.home / "site" / "evidence")
    files = (vault / "sha256" / digest for vault in vaults)
    return next((file for file in files if file.is_file()), None)


def _state(file: Path | None) -> str:
    from hashlib import file_digest

    if file is None:
        return ABSENT
    with file.open("rb") as content:
        return HOLDS if file_digest(content, "sha256").hexdigest() == file.name else DAMAGED
