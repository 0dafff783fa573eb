"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Home = Annotated[Path | None, typer.Option(help="Where Fireline keeps its data [FIRELINE_HOME, else ~/.fireline].")]
