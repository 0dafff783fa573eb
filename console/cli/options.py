"""Options that several commands share."""

import re
from pathlib import Path
from typing import Annotated

import typer

from engine.errors import NotFound

Json = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
Home = Annotated[Path | None, typer.Option(help="Where Fireline keeps its data [FIRELINE_HOME, else ~/.fireline].")]
As = Annotated[
    str | None, typer.Option("--as", help="Act for this person: local administrator, simulated site only; recorded.")
]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.")]


def identifier(text: str) -> str:
    """An id as we give them; anything else names nothing, and never becomes part of an address."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", text):
        raise NotFound(f"there is nothing called `{text}`")
    return text


Id = Annotated[str, typer.Argument(metavar="ID", parser=identifier)]
