"""`fireline ingest`: alerts of other products, and our own findings, into the engine."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import local
from console.cli.leaving import Exit, complain
from console.cli.options import As, Home, Json
from console.cli.output import Output, as_json, note
from engine.errors import InvalidInput
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from console.client import EngineClient
    from detectors.intake.tally import Tally
    from engine.model.finding import Finding
    from engine.model.intake import DeadLetter
    from engine.ports import IntakeFormat

BATCH = 200
"""Items in one request to the engine."""

Files = Annotated[list[Path], typer.Argument(help="Files to read; `-` is standard input, .gz is unpacked.")]
Format = Annotated[str, typer.Option("--format", help="auto, fireline, ocsf, eve, or that of a plug-in.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and normalise only; nothing is sent.")]
HandFed = Annotated[bool, typer.Option("--hand-fed", help="You vouch for these; they carry no autonomy.")]


def ingest(
    files: Files,
    format: Format = "auto",
    dry_run: DryRun = False,
    hand_fed: HandFed = False,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Read alerts, normalise them, and hand them to the engine.

    With --json prints one normalised finding a line, and a summary last. What cannot be read is reported with file,
    line and column and kept as a dead letter; the rest goes on, and the exit code is 2.
    """
    from console.cli.extensions import formats
    from console.client import EngineClient
    from detectors.intake.tally import Tally
    from engine.settings import load

    settings, tally = load({"home": home}), Tally()
    engine = None if dry_run else EngineClient(settings, acting_as)
    known, unreadable = formats(settings), 0
    for file in files:
        try:
            for batch in _batches(_items(file, format, tally, known)):
                tally.known_already(_deliver(batch, engine, hand_fed, json))
            tally.count_file()
        except InvalidInput as error:
            complain(error)
            unreadable += 1
    summary = tally.summary()
    Output(json).show({"summary": summary}, [f"{name}: {value}" for name, value in summary])
    if summary.dead_letters or unreadable:
        raise typer.Exit(Exit.BAD_INPUT)


def _items(
    file: Path, format: str, tally: "Tally", known: "Sequence[IntakeFormat]"
) -> "Iterator[Finding | DeadLetter]":
    """New findings and dead letters of one file, counted."""
    from detectors.intake.reader import Accepted, read
    from engine.model.intake import DeadLetter

    for item in read(file, format, known=known):
        new = tally.add(item)
        if isinstance(item, Accepted) and new:
            yield item.finding
        elif isinstance(item, DeadLetter):
            yield item


def _batches(items: "Iterable[Finding | DeadLetter]") -> "Iterator[Sequence[Finding | DeadLetter]]":
    running = iter(items)
    while batch := list(islice(running, BATCH)):
        yield batch


def _deliver(batch: "Sequence[Finding | DeadLetter]", engine: "EngineClient | None", hand_fed: bool, json: bool) -> int:
    """Send first, print after: a line on stdout is a finding the engine has. Answers how many it had already."""
    from engine.model.finding import Finding

    known = 0
    findings = [item for item in batch if isinstance(item, Finding)]
    letters = [item for item in batch if not isinstance(item, Finding)]
    if engine is not None:
        body: JsonObject = {"hand_fed": hand_fed}
        body["findings"] = [finding.model_dump(mode="json") for finding in findings]
        body["dead_letters"] = [letter.model_dump(mode="json") for letter in letters]
        known = duplicates(engine.post("/findings", body))
    for letter in letters:
        note(f"{letter.file}:{letter.line}:{letter.column}: {letter.message}")
    for finding in findings:
        print(as_json(finding) if json else f"{finding.id}  {local(finding.time.isoformat())}  {finding.title}")
    return known


def duplicates(answer: JsonObject) -> int:
    """How many findings of a batch the engine says it knew."""
    taken = answer["findings"]
    assert isinstance(taken, list)
    return sum(isinstance(one, dict) and one["duplicate"] is True for one in taken)
