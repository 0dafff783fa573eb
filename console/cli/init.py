"""`fireline init`: people, the administrator's token and the settings file."""

from typing import Annotated

import typer

from console.cli.options import Home, Json
from console.cli.output import Output

Site = Annotated[str | None, typer.Option(help="`demo`: the people of the simulated site as well.")]


def init(home: Home = None, site: Site = None, json: Json = False) -> None:
    """Set up a home: people, token, settings.

    Writes what is missing and changes nothing that exists, so it may be run again at any time.
    """
    from console import first_run
    from engine.settings import load, write_privately

    write_privately()
    report = first_run.init(load({"home": home}).home, site)
    lines = [f"wrote {report.home / name}" for name in report.written]
    kept = [f"kept {report.home / name}" for name in report.kept]
    Output(json).show(report, [*lines, *kept])
