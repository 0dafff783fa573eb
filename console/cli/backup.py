"""`fireline backup` and `restore`."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from console.cli.options import Home, Json
from console.cli.output import Output, note


def backup(
    to: Annotated[Path, typer.Argument(help="A folder that is made for it.")], home: Home = None, json: Json = False
) -> None:
    """Copy a home into a folder: both databases as a pair, keys, people, settings; the engine may run meanwhile."""
    from console.backup import back_up
    from console.clock import now
    from engine.settings import load, write_privately

    write_privately()
    made = back_up(load({"home": home}), to, now())
    told = {**made.model_dump(), "whole": made.whole}
    Output(json).show(told, [f"{to}: {len(made.files)} files; it holds keys and tokens, keep it like the home"])
    if not made.whole:
        note("the database is in a server: dump it now (`pg_dump`), and keep the dump with this")


def restore(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A folder that `backup` made.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Put a backup into a fresh home. Nothing begins there until its freeze is lifted; releases go on."""
    from console.backup import restore as put_back
    from console.clock import now
    from engine.settings import load, write_privately

    write_privately()
    settings = load({"home": home})
    found = asyncio.run(put_back(source, settings, now()))
    Output(json).show(found, [f"{settings.home}: as of {found.at.isoformat(timespec='seconds')}, frozen"])
    note("start the engine: it releases what is due, and takes away what no lease knows")
    note("look at `fireline status`, then lift the freeze: `fireline unfreeze`")
    note("API tokens and sessions of before are over: `fireline tokens create` makes new ones")
