"""`fireline ledger`: verify, prove, export and show the record."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from console.cli.answers import connect, text
from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output
from engine.errors import InvalidInput, NotFound
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from console.client import EngineClient
    from engine.ledger.note import VerifyingKey
    from engine.ledger.proof import Proof
    from engine.ledger.report import Report
    from engine.settings import Settings

ledger = typer.Typer(no_args_is_help=True, help="The record nobody can quietly change.")

Copies = Annotated[Path | None, typer.Option("--checkpoint", help="A copied checkpoint to hold it against.")]
Keys = Annotated[Path | None, typer.Option("--keys", help="The file of public keys; else the home's own.")]


@ledger.command("verify")
def verify(
    export: Annotated[Path | None, typer.Argument(help="An export; without it, this home's own ledger.")] = None,
    checkpoint: Copies = None,
    keys: Keys = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Find any edit, deletion, reordering or truncation; needs no engine. Exit code 1 where something does not hold."""
    from engine.ledger.copies import read_last_copy
    from engine.ledger.export import read_lines
    from engine.ledger.keys import keyring
    from engine.ledger.verify import verify_export
    from engine.settings import load

    settings = load({"home": home})
    ring = keyring(keys or settings.home / "keys")
    trusted = [] if checkpoint is None else [read_last_copy(checkpoint)]
    if export is None:
        report = _verify_own(settings, ring, trusted)
    else:
        with _open(export) as file:
            report = verify_export(read_lines(file), ring, trusted)
    said = "verified" if report.verified else f"NOT VERIFIED, {len(report.problems)} problems"
    lines_told = [f"{report.entries} entries, {report.sealed} sealed: {said}", *map(str, report.problems)]
    Output(json).show(report, lines_told)
    if not report.verified:
        raise typer.Exit(Exit.REFUSED)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", file=str(path)) from error


def _verify_own(settings: "Settings", ring: "Sequence[VerifyingKey]", trusted: list[str]) -> "Report":
    from engine.ledger.verify import Row, verify_rows
    from engine.store.reader import open_reader

    with open_reader(settings.database_url) as rows:
        return verify_rows((Row(*row) for row in rows.entries()), rows.checkpoints(), ring, trusted)


@ledger.command("prove")
def prove(
    seq: Annotated[int, typer.Argument(min=0, help="The entry's number in the ledger.")],
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="A copied checkpoint: prove the growth since, too.")
    ] = None,
    keys: Keys = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Prove one entry to somebody who has the public keys alone; needs no engine."""
    from engine.ledger.copies import read_last_copy
    from engine.ledger.keys import keyring
    from engine.ledger.proof import build_proof
    from engine.settings import load
    from engine.store.reader import open_reader

    settings = load({"home": home})
    ring = keyring(keys or settings.home / "keys")
    since = None if checkpoint is None else read_last_copy(checkpoint)
    with open_reader(settings.database_url) as rows:
        sealed = rows.checkpoints()
        if not sealed:
            raise NotFound("nothing is sealed yet: there is no checkpoint to prove it against")
        proof = build_proof((data for _, data, _ in rows.entries()), sealed[-1], ring, seq, since)
    Output(json).show(proof, _told(proof))


def _told(proof: "Proof") -> "Iterator[str]":
    """The proof as lines, so that each hash can be followed by hand."""
    yield f"entry {proof.seq} of {proof.size}: {proof.entry}"
    yield f"leaf  {proof.leaf}"
    yield from (f"path  {part}" for part in proof.path)
    yield from proof.checkpoint.splitlines()
    if proof.growth is not None:
        yield from (f"since {line}" for line in proof.growth.since.splitlines())
        yield from (f"grown {part}" for part in proof.growth.path)


@ledger.command("export")
def export(
    to: Annotated[Path, typer.Argument(help="The file to write.")], home: Home = None, json: Json = False
) -> None:
    """Write the whole ledger, sealed to its last entry, with its checkpoints."""
    data = connect(home).download("/ledger/export")
    try:
        to.write_bytes(data)
    except OSError as error:
        raise InvalidInput(f"cannot be written: {error.strerror}", file=str(to)) from error
    count = data.count(b"\n")
    Output(json).show({"file": str(to), "lines": count}, [f"{to}: {count} lines"])


@ledger.command("show")
def show(
    subject: Annotated[str | None, typer.Argument(help="For example request/AR-0007; without it, everything.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Entries in order; with --json one object that holds them all."""
    output, engine = Output(json), connect(home)
    entries = [*_entries(engine, subject)]
    if subject is not None and not entries:
        raise NotFound(f"the ledger says nothing of `{subject}`")
    output.show({"entries": entries}, map(_line, entries))


def _entries(engine: "EngineClient", subject: str | None) -> "Iterator[JsonObject]":
    query: dict[str, str | int | bool] = {} if subject is None else {"subject": subject}
    found = engine.get("/ledger", **query)["entries"]
    assert isinstance(found, list)
    for entry in found:
        assert isinstance(entry, dict)
        yield entry


def _line(entry: JsonObject) -> str:
    who = f"{entry['subject']}  {entry['kind']}  {entry['actor']}"
    return f"{entry['seq']:>6}  {entry['at']}  {who}  {text(entry['body'])[:160]}"
