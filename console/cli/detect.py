"""`fireline detect`: a detector over files, findings out as they are found."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import connect, local
from console.cli.leaving import Exit, complain
from console.cli.options import As, Home, Json
from console.cli.output import Output
from engine.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from console.client import EngineClient
    from detectors.dns.detector import Scan, Summary
    from engine.model.finding import Finding

app = typer.Typer(no_args_is_help=True, help="Run a detector over files.", rich_markup_mode=None)

Captures = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE…]", help="Captures, pcap or pcapng.", show_default=False)
]
Interface = Annotated[str | None, typer.Option(help="Capture live on this interface instead (root or CAP_NET_RAW).")]
Seconds = Annotated[float, typer.Option(min=1, help="How long to capture live.")]
Respond = Annotated[bool, typer.Option("--respond", help="Hand each finding to the running engine.")]
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
    respond: Respond = False,
    acting_as: As = None,
    home: Home = None,
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

    # The engine is found before a live capture gives up the privileges that the token may take to read.
    found = Found(Output(json), connect(home, acting_as) if respond else None)
    scan, output = Scan(load_model(model or SHIPPED)), found.output
    for file in files or []:
        _scan(scan, file, found)
    if interface:
        _listen(scan, interface, seconds, found)
    output.show({"summary": scan.summary}, _lines(scan.summary))
    if scan.problems:
        raise typer.Exit(Exit.BAD_INPUT)


@app.command("plugin")
def plugin(
    detector: Annotated[str, typer.Argument(help="Its id, as `fireline plugins list` shows it.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files of its kind.")],
    respond: Respond = False,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Run the detector of a plug-in.

    Findings come one a line, then a summary. Exit codes: 0 all was read, 2 some file was not.
    """
    from console.cli.extensions import detectors
    from engine.settings import load

    known = detectors(load({"home": home}))
    if detector not in known:
        raise NotFound(f"no detector `{detector}` is loaded: `fireline plugins list` says what is, and why not")
    found, problems, count = Found(Output(json), connect(home, acting_as) if respond else None), 0, 0
    for file in files:
        try:
            for finding in known[detector].read(file):
                found.show(finding)
                count += 1
        except InvalidInput as error:
            complain(error)
            problems += 1
    summary = {"files": len(files) - problems, "unread": problems, "findings": count}
    found.output.show({"summary": summary}, [f"{summary['files']} of {len(files)} files: {count} findings"])
    if problems:
        raise typer.Exit(Exit.BAD_INPUT)


@dataclass(frozen=True)
class Found:
    """Where findings go: to the engine first, if one is to respond, and then to whoever reads."""

    output: Output
    engine: "EngineClient | None"

    def show(self, finding: "Finding") -> None:
        """Hand one on; a line on stdout is a finding that the engine has accepted."""
        if self.engine is not None:
            self.engine.post("/findings", {"findings": [finding.model_dump(mode="json")]})
        self.output.show(finding, [_line(finding)])


def _listen(scan: "Scan", interface: str, seconds: float, found: Found) -> None:
    from detectors.dns.live import HOLD, LiveCapture
    from detectors.dns.skips import Skip

    with LiveCapture(interface) as capture:
        for finding in scan.follow(capture.batches(seconds), interface, HOLD):
            found.show(finding)
        scan.note(Skip.DROPPED, capture.dropped)


def _scan(scan: "Scan", file: Path, found: Found) -> None:
    known = len(scan.problems)
    for finding in scan.read(file):
        found.show(finding)
    for problem in scan.problems[known:]:
        complain(problem)


def _line(finding: "Finding") -> str:
    confidence = "-" if finding.confidence is None else f"{finding.confidence:.2f}"
    return f"{local(finding.time.isoformat())}  {finding.severity}  {confidence}  {finding.title}  ({finding.id})"


def _lines(summary: "Summary") -> list[str]:
    skipped = ", ".join(f"{reason} {count}" for reason, count in summary.skipped.items()) or "nothing"
    read = f"{summary.files} files, {summary.packets} packets, {summary.dns_messages} DNS messages"
    return [f"{read}: {summary.findings} findings", f"not judged: {skipped}"]
