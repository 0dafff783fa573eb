"""`fireline context` and `fireline inventory`: what is known about the place, taken in from files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from console.cli.answers import connect, local, rows, text
from console.cli.cases import span
from console.cli.leaving import Exit
from console.cli.options import As, Home, Json
from console.cli.output import Output, note
from console.cli.uploads import upload_each
from engine.model.base import Json as JsonObject

context = typer.Typer(no_args_is_help=True, help="What is known about the place: assets, accounts, networks.")
LARGEST = 16 * 2**20
"""Bytes of a file that the engine takes; larger ones are not even read."""

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Context as YAML, JSON, CSV or STIX 2.1.")]
Format = Annotated[str | None, typer.Option("--format", help="yaml, json, csv or stix; else read off the file.")]
Source = Annotated[str | None, typer.Option("--source", help="What it replaces the next time; else the file's name.")]
ValidFor = Annotated[str, typer.Option(help="How long it counts as fresh, for example 7d; 0s for ever.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would do.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; voters read it, and it stands in the ledger.")]


@context.command("import")
def import_files(
    files: Files,
    format: Format = None,
    source: Source = None,
    valid_for: ValidFor = "30d",
    reason: Reason = "",
    dry_run: DryRun = False,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take files in: what only tightens counts at once, what loosens anything is put to the vote.

    A file counts whole or not at all. The same source again replaces what it said before; what it then says no more
    is gone, which takes votes too.
    """
    terms = {"format": format, "source": source, "reason": reason, "dry_run": str(dry_run).lower()}
    given = {name: value for name, value in terms.items() if value}
    given["valid_for_s"] = "0" if valid_for == "0s" else str(span(valid_for).total_seconds())
    done = upload_each(connect(home, acting_as), "/context/imports", files, LARGEST, given)
    Output(json).show({"imports": [*done.answers]}, [line for answer in done.answers for line in _told(answer)])
    if done.refused:
        raise typer.Exit(Exit.BAD_INPUT)


@context.command("show")
def show(
    target: Annotated[str, typer.Argument(help="A host, an address, a network or an account.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Say what is known of a target, who said so in which file, and how old it is."""
    answer = connect(home).get("/context/known", target=target)
    Output(json).show(answer, _known(answer))


def inventory(home: Home = None, json: Json = False) -> None:
    """List every asset and account, where each is known from, and whether that is stale."""
    answer = connect(home).get("/context/inventory")
    for one in _dicts(answer, "sources"):
        if one["stale"]:
            note(f"fireline: source {one['name']} is stale: {_aged(one)}; import it anew")
    columns = ("kind", "name", "criticality", "owner", "roles", "from", "stale")
    Output(json).table(answer, columns, rows(answer, "inventory", columns), empty="nothing is known about the place")


def _told(answer: JsonObject) -> Iterator[str]:
    state = (
        "active" if answer["active"] else f"put to the vote as {answer['proposal']}" if answer["proposal"] else "tried"
    )
    yield f"{answer['source']}: {answer['assets']} assets, {answer['identities']} accounts; {state}"
    listed = answer["loosens"]
    yield from (f"  loosens: {line}" for line in (listed if isinstance(listed, list) else ()))


def _known(answer: JsonObject) -> Iterator[str]:
    where = f"{answer['zone']}{', segment ' + str(answer['segment']) if answer['segment'] else ''}"
    yield f"{answer['target']}: {where}"
    if answer["untouchable"]:
        yield f"  nobody may touch it: {answer['untouchable']}"
    for one in _dicts(answer, "known"):
        yield f"  {one['kind']} {one['name']}, {one['criticality']}{', STALE' if one['stale'] else ''}"
        yield from _said(one)
    for name in ("sharing", "guests", "gateway_of", "dependents"):
        if answer[name]:
            yield f"  {name.replace('_', ' ')}: {_words(answer[name])}"


def _said(one: JsonObject) -> Iterator[str]:
    skipped = ("kind", "name", "criticality", "sources", "stale", "fingerprint")
    yield from (f"    {name}: {_words(value)}" for name, value in one.items() if value and name not in skipped)
    sources = _dicts(one, "sources")
    yield from (f"    from {source['name']} ({source['file']}), {_aged(source)}" for source in sources)
    if not sources:
        yield "    from the site's own file"


def _words(value: JsonValue) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else text(value)


def _aged(source: JsonObject) -> str:
    return f"true at {local(source['as_of'])}, taken in by {source['by']} at {local(source['at'])}"


def _dicts(answer: JsonObject, name: str) -> list[JsonObject]:
    listed = answer[name]
    assert isinstance(listed, list)
    return [one for one in listed if isinstance(one, dict)]
