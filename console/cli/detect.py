"""`fireline detect`: a detector over files, findings out as they are found."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit, complain
from console.cli.options import Json
from console.cli.output import Output

if TYPE_CHECKING:
    from detectors.dns.detector import Scan, Summary
    from engine.model.finding import Finding

app = typer.Typer(no_args_is_help=True, help="Run a detector over files.", rich_markup_mode=None)

Captures = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE…]", help="Captures, pcap or pcapng.", show_default=False)
]
Interface = Annotated[str | None, typer.Option(help="Capture live on this interface instead (root or CAP_NET_RAW).")]
Seconds = Annotated[float, typer.Option(min=1, help="How long to capture live.")]
ModelFolder = Annotated[Path | None, typer.Option("--model", help="A model's folder [the one that ships].")]


@app.callback()
def detect() -> None:
    """Run a detector over files."""


@app.command("dns")
def dns(
    files: Captures = None,
    interface: Interface = None,
    seconds: Seconds = 60,
    model: ModelFolder = None,
    json: Json = False,
) -> None:
    """Find what is not DNS on port 53, UDP and TCP, by the first eight bytes of each message.

    Findings come one a line, then a summary. A broken capture is named on stderr with the offset of the damage; what
    stands before it counts and the other files are read. Exit codes: 0 all was read, 2 some file was not.
    """
    if bool(files) == bool(interface):
        raise typer.BadParameter("name capture files, or one --interface")
    # Imported here: the model's library takes seconds to load.
    from detectors.dns.autoencoder import SHIPPED, load_model
    from detectors.dns.detector import Scan

    scan = Scan(load_model(model or SHIPPED))
    output = Output(json)
    for file in files or []:
        _scan(scan, file, output)
    if interface:
        _listen(scan, interface, seconds, output)
    output.show({"summary": scan.summary}, _lines(scan.summary))
    if scan.problems:
        raise typer.Exit(Exit.BAD_INPUT)


def _listen(scan: "Scan", interface: str, seconds: float, output: Output) -> None:
    from detectors.dns.live import HOLD, LiveCapture
    from detectors.dns.skips import Skip

    with LiveCapture(interface) as capture:
        for finding in scan.follow(capture.batches(seconds), interface, HOLD):
            output.show(finding, [_line(finding)])
        scan.note(Skip.DROPPED, capture.dropped)


def _scan(scan: "Scan", file: Path, output: Output) -> None:
    known = len(scan.problems)
    for finding in scan.read(file):
        output.show(finding, [_line(finding)])
    for problem in scan.problems[known:]:
        complain(problem)


def _line(finding: "Finding") -> str:
    confidence = "-" if finding.confidence is None else f"{finding.confidence:.2f}"
    return f"{finding.time:%Y-%m-%d %H:%M:%S} UTC  {finding.severity}  {confidence}  {finding.title}  ({finding.id})"


def _lines(summary: "Summary") -> list[str]:
    skipped = ", ".join(f"{reason} {count}" for reason, count in summary.skipped.items()) or "nothing"
    read = f"{summary.files} files, {summary.packets} packets, {summary.dns_messages} DNS messages"
    return [f"{read}: {summary.findings} findings", f"not judged: {skipped}"]
