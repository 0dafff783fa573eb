"""`fireline intel`: what others know, taken in from files, and what is known about a value."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from console.cli.answers import connect, local, text
from console.cli.cases import span
from console.cli.leaving import Exit
from console.cli.options import As, Home, Json
from console.cli.output import Output, note
from console.cli.uploads import upload_each
from engine.model.base import Json as JsonObject

intel = typer.Typer(no_args_is_help=True, help="Indicators and warning lists of others.")
LARGEST = 64 * 2**20
"""Bytes of a file that the engine takes; larger ones are not even read."""

Files = Annotated[list[Path], typer.Argument(help="STIX 2.1 bundles, MISP events and warning lists, CSV; .gz too.")]
Feed = Annotated[str, typer.Option("--feed", help="Where it came from; else the file's name, or CSV's own column.")]
Owner = Annotated[str, typer.Option("--owner", help="Whose observation it is, where a record does not say.")]
Confidence = Annotated[float, typer.Option(min=0, max=1, help="0 to 1, where a record gives none.")]
ValidFor = Annotated[str | None, typer.Option(help="How long a record without an end counts, for example 30d.")]
Kind = Annotated[str | None, typer.Option("--type", help="ip, domain, url, hash or email; else read off the value.")]


@intel.command("import")
def import_files(
    files: Files,
    feed: Feed = "",
    owner: Owner = "",
    confidence: Confidence = 0.0,
    valid_for: ValidFor = None,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Take files in; each counts whole and at once, without a restart.

    A record that is not understood is refused with its place, and the rest of its file counts; the exit code is 2.
    The same file again changes nothing. One import is one entry of the ledger.
    """
    terms: dict[str, str | float] = {"feed": feed, "owner": owner, "confidence": confidence}
    if valid_for is not None:
        terms["valid_for_s"] = span(valid_for).total_seconds()
    done = upload_each(connect(home, acting_as), "/intel/imports", files, LARGEST, terms)
    for answer in done.answers:
        _complain_about(answer)
    Output(json).show({"imports": [*done.answers]}, map(_told, done.answers))
    if done.refused or any(_counts(answer)["refused"] for answer in done.answers):
        raise typer.Exit(Exit.BAD_INPUT)


@intel.command("lookup")
def lookup(
    value: Annotated[str, typer.Argument(help="An address, network, domain, URL, digest or mail address.")],
    kind: Kind = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Say what is known about a value: who says so, how old it is, what limits it, and which lists warn of it."""
    query = {"value": value} if kind is None else {"value": value, "type": kind}
    answer = connect(home).get("/intel/lookup", **query)
    Output(json).show(answer, _known(answer))


def _counts(answer: JsonObject) -> JsonObject:
    counts = answer["counts"]
    assert isinstance(counts, dict)
    return counts


def _complain_about(answer: JsonObject) -> None:
    problems, refused = answer["problems"], _counts(answer)["refused"]
    assert isinstance(problems, list)
    for problem in problems:
        note(f"fireline: {problem}")
    if isinstance(refused, int) and refused > len(problems):
        note(f"fireline: {refused - len(problems)} more records of {answer['file']} are refused")


def _told(answer: JsonObject) -> str:
    counts = ", ".join(f"{name} {number}" for name, number in _counts(answer).items())
    skipped = answer["skipped"]
    assert isinstance(skipped, dict)
    over = "".join(f"; passed over {number}: {reason}" for reason, number in skipped.items())
    return f"{answer['id']} {answer['file']} ({answer['format']}, feed {answer['feed']}): {counts}{over}"


def _known(answer: JsonObject) -> Iterator[str]:
    origins, fresh = answer["independent_origins"], answer["fresh_origins"]
    counted = "1 independent origin" if origins == 1 else f"{origins} independent origins"
    said = f"{counted}, {fresh} within a day" if answer["known"] else "nobody says it is bad"
    yield f"{answer['type']} {answer['value']}: {said}"
    for one in _dicts(answer, "indicators"):
        limits = " ".join(f"{name.upper()}:{str(one[name]).upper()}" for name in ("tlp", "pap") if one[name])
        end = f"until {local(one['valid_until'])}" if one["valid_until"] else "without an end"
        owner = one["owner"] or "an owner not named"
        counts = "" if one["counts"] else "  does not count now"
        seen = f"seen {local(one['seen_at'])}, {end}, confidence {text(one['confidence'])}"
        yield f"  {one['value']}  {owner} through {one['origin']}, {seen}  {limits}{counts}".rstrip()
    for on in _dicts(answer, "listed"):
        yield f"  warns of {on['kind']}: {on['list']}"


def _dicts(answer: JsonObject, name: str) -> list[JsonObject]:
    listed = answer[name]
    assert isinstance(listed, list)
    return [one for one in listed if isinstance(one, dict)]
