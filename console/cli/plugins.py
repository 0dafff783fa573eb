"""`fireline plugins`: what others brought, and pinning it to what it is now."""

import os
from typing import Annotated

import typer

from console.cli.answers import text
from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output
from engine.errors import InvalidInput
from engine.model.plugin import PluginKind, PluginPin, PluginReport, PluginState

app = typer.Typer(no_args_is_help=True, help="Actions, checks, detectors and intake formats of others.")
COLUMNS = ("name", "version", "state", "offers", "because", "remedy")


@app.command("list")
def list_plugins(home: Home = None, json: Json = False) -> None:
    """What is installed or pinned, what became of it and why. Exit code 1 where a pinned one is not loaded."""
    from console.cli.extensions import plugins
    from engine.settings import load

    reports = plugins(load({"home": home})).reports
    answer = {"plugins": [report.model_dump(mode="json") for report in reports]}
    Output(json).table(answer, COLUMNS, map(_cells, reports), empty="no plug-ins are installed or pinned")
    if any(report.state not in (PluginState.LOADED, PluginState.UNPINNED) for report in reports):
        raise typer.Exit(Exit.REFUSED)


def _cells(report: PluginReport) -> list[str]:
    fields = report.model_dump(mode="json") | {"offers": ", ".join(report.offers)}
    return [text(fields[column]) for column in COLUMNS]


@app.command("pin")
def pin(
    name: Annotated[str, typer.Argument(help="The distribution's name.")], home: Home = None, json: Json = False
) -> None:
    """Let a plug-in run as it is installed now, until one byte of it changes; written into the home's settings.

    Nothing of it runs while it is pinned: read it first, and try it by `fireline conformance`.
    """
    from console.cli.pins import installed_plugin, write_pins
    from engine.plugins.installed import canonical_name
    from engine.settings import FILE, load, write_privately

    write_privately()
    settings, wanted = load({"home": home}), canonical_name(name)
    if os.environ.get("FIRELINE_PLUGINS"):
        raise InvalidInput("FIRELINE_PLUGINS names the pins, and would win over the file: put the pin there")
    installed = installed_plugin(wanted)
    made = PluginPin(name=wanted, digest=installed.digest, checks=tuple(installed.named(PluginKind.CHECK)))
    others = tuple(known for known in settings.plugins if known.name != wanted)
    write_pins(settings.home / FILE, (*others, made))
    offers = [f"{kind.value}: {entry.name}" for kind, entry in installed.offers]
    lines = [f"pinned {wanted} {installed.version} to {made.digest}", *(f"  {offer}" for offer in offers)]
    Output(json).show({**made.model_dump(mode="json"), "version": installed.version, "offers": offers}, lines)
