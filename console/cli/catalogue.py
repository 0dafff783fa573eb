"""The page of commands, written from the commands themselves: `python -m console.cli.catalogue docs/commands.md`."""

import sys
from collections.abc import Iterator
from pathlib import Path

import typer

from console.cli.main import app

BEGIN, END = "<!-- commands: begin -->\n", "<!-- commands: end -->\n"


def with_table(page: str) -> str:
    """The page with its table as the commands now are."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + "\n".join(["| command | what it does |", "|---|---|", *rows()]) + "\n" + END + tail


def rows() -> Iterator[str]:
    """One line a command, in the order of their names."""
    group = typer.main.get_group(app)
    for name, command in sorted(group.commands.items()):
        for path, leaf in sorted(_leaves(name, command)):
            words = [f"`fireline {path}", *_parameters(leaf)]
            yield f"| {' '.join(words)}` | {_first_line(leaf)} |"


def _leaves(path: str, command: object) -> Iterator[tuple[str, object]]:
    inner = getattr(command, "commands", None)
    if not inner:
        yield path, command
        return
    for name, child in inner.items():
        yield from _leaves(f"{path} {name}", child)


def _parameters(command: object) -> Iterator[str]:
    for parameter in getattr(command, "params", ()):
        if parameter.name == "help":
            continue
        if parameter.param_type_name == "argument":
            name = (parameter.metavar or parameter.name).upper()
            yield name if parameter.required or name.startswith("[") else f"[{name}]"
        else:
            name = "/".join([parameter.opts[0], *parameter.secondary_opts])
            yield name if parameter.required else f"[{name}]"


def _first_line(command: object) -> str:
    text = str(getattr(command, "help", "") or "").split("\n\n")[0]
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(with_table(file.read_text()))
