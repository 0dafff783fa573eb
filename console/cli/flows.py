"""`fireline flows`: what sensors recorded, for the look-back of every check, and what a block would have cut."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import local
from console.cli.cases import span
from console.cli.leaving import Exit, complain
from console.cli.options import Home, Json
from console.cli.output import Output, note
from console.clock import now
from engine.errors import InvalidFile, InvalidInput
from engine.flows.formats import FlowFormat
from engine.model.base import Json as JsonObject
from engine.model.context import Flow, FlowCoverage

if TYPE_CHECKING:
    from engine.flows.store import FlowStore, Taken
    from engine.ports import Context, FlowScope
    from engine.settings import Settings

flows = typer.Typer(no_args_is_help=True, help="Recorded flows, and what a block would have cut.")

Files = Annotated[
    list[Path],
    typer.Argument(help="Zeek conn.log (TSV, JSON), VPC flow logs, NetFlow-style CSV, Suricata EVE; .gz too."),
]
Format = Annotated[
    FlowFormat | None, typer.Option("--format", help="What the files are; else told by their first line.")
]
Target = Annotated[str, typer.Argument(help="A host, an address or a network.")]
Peer = Annotated[str | None, typer.Option(help="Only traffic with this host or address.")]
Ports = Annotated[list[int] | None, typer.Option("--port", min=1, max=65535, help="Only this port of the service.")]
Window = Annotated[str | None, typer.Option("--look-back", help="How far back, for example 30d [the setting].")]


@flows.command("import")
def import_files(files: Files, kind: Format = None, home: Home = None, json: Json = False) -> None:
    """Take recorded flows in; each file counts whole, and at once, for a running engine too.

    The same content counts once, and of a file that has grown only what is new. A line that cannot be read is told at
    its place, the others count, and the exit code is 2. A file of which more than a tenth cannot be read is refused.
    """
    settings, taken, refused = _settings(home), list[JsonObject](), 0
    store = _store(settings)
    for file in files:
        try:
            done = store.take_in(file, now(), kind)
        except InvalidInput as error:
            _complain_shortly(error)
            refused += 1
        else:
            _complain_about(done)
            taken.append(_as_json(file, done))
    Output(json).show({"imports": [*taken]}, map(_told, taken))
    if refused or any(answer["broken"] for answer in taken):
        raise typer.Exit(Exit.BAD_INPUT)


@flows.command("query")
def query(
    target: Target,
    peer: Peer = None,
    port: Ports = None,
    look_back: Window = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Say which declared traffic a block of this would have cut, by what it serves, and how many bytes."""
    settings = _settings(home)
    until, back = now(), settings.look_back if look_back is None else span(look_back)
    context = _context(settings)
    cut = context.flows(_scope(context, target, peer, tuple(port or ())), until - back, until)
    found = [_named(context, flow) for flow in cut]
    covered = context.flow_coverage(until - back, until)
    tags = {tag: _sums(found, tag) for tag in sorted({flow.tag for flow in found})}
    answer: JsonObject = {
        "target": target,
        "coverage": covered.model_dump(mode="json"),
        "tags": {**tags},
        "lines": [flow.model_dump(mode="json") for flow in found],
    }
    Output(json).show(answer, _lines(found, tags, covered))


def _settings(home: Path | None) -> "Settings":
    from engine.settings import load

    return load({"home": home})


def _store(settings: "Settings") -> "FlowStore":
    # Imported here: numpy takes a while to load.
    from engine.flows.store import FlowStore

    return FlowStore(settings.flows_dir, max(settings.flow_retention, settings.look_back + timedelta(days=1)))


def _context(settings: "Settings") -> "Context":
    from console.cli.assembly import known_place
    from console.cli.zone import open_zone

    return known_place(settings, open_zone(settings))


def _scope(context: "Context", target: str, peer: str | None, ports: tuple[int, ...]) -> "FlowScope":
    from engine.context.places import place
    from engine.ports import FlowScope

    asset = context.asset(target) if place(target) is None else None
    if asset is None and place(target) is None:
        raise InvalidInput(f"`{target}` is no address, no network, and no host that is known here")
    return FlowScope((target, *(asset.addresses if asset else ())), peer=peer, ports=ports)


def _as_json(file: Path, done: "Taken") -> JsonObject:
    reading = done.reading
    return {
        "file": str(file),
        "format": reading.format,
        "records": reading.records,
        "kept": done.kept,
        "broken": reading.broken,
        "passed_over": {**dict(sorted((reading.passed + done.passed).items()))},
        "already": done.already,
    }


def _told(answer: JsonObject) -> str:
    if answer["already"]:
        return f"{answer['file']}: all of it is there already"
    passed = answer["passed_over"]
    assert isinstance(passed, dict)
    over = "".join(f"; passed over {number}: {why}" for why, number in passed.items())
    return f"{answer['file']} ({answer['format']}): {answer['kept']} flows kept, {answer['broken']} unread{over}"


def _complain_about(done: "Taken") -> None:
    for problem in done.reading.problems:
        complain(problem)
    more = done.reading.broken - len(done.reading.problems)
    if more > 0:
        note(f"fireline: {more} more lines of {done.reading.file} cannot be read")


def _complain_shortly(error: InvalidInput) -> None:
    """A refused file, by its first line that is wrong."""
    if isinstance(error, InvalidFile):
        note(f"fireline: {error.problems[0]} (as are too many others: nothing of this file counts)")
    else:
        complain(error)


def _sums(found: Sequence[Flow], tag: str) -> JsonObject:
    ours = [flow for flow in found if flow.tag == tag]
    lines, count = sum(flow.lines for flow in ours), sum(flow.count for flow in ours)
    return {"lines": lines, "count": count, "bytes": sum(flow.bytes for flow in ours)}


def _named(context: "Context", flow: Flow) -> Flow:
    """The flow with its ends by the names of their hosts."""
    source, destination = context.asset(flow.source), context.asset(flow.destination)
    ends = {"source": source and source.name, "destination": destination and destination.name}
    return flow.model_copy(update={end: name for end, name in ends.items() if name})


def _lines(found: Sequence[Flow], tags: dict[str, JsonObject], covered: FlowCoverage) -> Iterator[str]:
    for tag, sums in tags.items():
        yield f"{tag}: {sums['lines']} lines, {sums['count']} flows, {sums['bytes']} bytes"
        yield from (f"  {_line(flow)}" for flow in found if flow.tag == tag)
    if not tags:
        yield "no declared traffic would have been cut"
    newest = "none at all" if covered.newest is None else f"the last at {local(covered.newest.isoformat())}"
    yield f"records of {covered.recorded} of {covered.days} days; {newest}"


def _line(flow: Flow) -> str:
    whole = f"{flow.source} to {flow.destination} {flow.protocol}/{flow.port}"
    ends = whole if flow.lines == 1 else f"{flow.lines} more lines"
    asked = f", ask {flow.owner}" if flow.owner else ""
    return f"{ends}  {flow.count} flows, {flow.bytes} bytes, last {local(flow.at.isoformat())}{asked}"
