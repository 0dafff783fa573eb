"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Home = Annotated[Path | None, typer.Option(help="Where Fireline keeps its data [FIRELINE_HOME, else ~/.fireline].")]
As = Annotated[
    str | None, typer.Option("--as", help="Act for this person: local administrator, simulated site only; recorded.")
]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.")]
