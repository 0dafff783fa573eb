"""`fireline playbook`: is it sound, what does it say, and what would it do now."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output, as_json, note
from engine.errors import InvalidFile, InvalidInput
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from engine.playbook import Playbook
    from engine.ports import Specs

playbook = typer.Typer(no_args_is_help=True, help="Check, show and try playbooks.")

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="Playbook files; they may call each other.")]
Named = Annotated[str, typer.Argument(metavar="NAME|FILE", help="A shipped playbook or a file.")]
Svg = Annotated[Path | None, typer.Option("--svg", help="Write the graph to this file instead.")]


@playbook.command("check")
def check(files: Files, home: Home = None, json: Json = False) -> None:
    """Check playbook files as a set: every error of every file as file:line:column. Exit code 2 if there is one."""
    from console.cli.assembly import specs
    from engine.playbook_file import load_files

    known = specs(home)
    try:
        sound = load_files(files, known, shipped(known))
    except InvalidFile as error:
        if json:
            print(as_json({"valid": False, "problems": [_problem(problem) for problem in error.problems]}))
            raise typer.Exit(Exit.BAD_INPUT) from error
        raise
    answer: JsonObject = {"valid": True, "playbooks": [_named(one) for one in sound]}
    lines = (
        f"{file}: playbook `{one.id}` version {one.version} is sound, digest {one.digest[:16]}"
        for file, one in zip(files, sound, strict=True)
    )
    Output(json).show(answer, lines)


@playbook.command("show")
def show(name: Named, svg: Svg = None, home: Home = None, json: Json = False) -> None:
    """A playbook as a tree, or as a graph with --svg."""
    from console.cli.assembly import specs
    from console.playbook_svg import render
    from console.playbook_telling import tell

    known = specs(home)
    found = named(name, known)
    if svg is not None:
        svg.write_text(render(found), encoding="utf-8")
        note(f"written to {svg}")
        return
    Output(json).show({**_named(found), "content": found.content}, tell(found))


def shipped(specs: "Specs") -> "tuple[Playbook, ...]":
    """The shipped playbooks."""
    from console.cli.assembly import playbooks_dir
    from engine.playbook_file import load_playbooks

    return load_playbooks(playbooks_dir(), specs)


def named(name: str, specs: "Specs") -> "Playbook":
    """A shipped playbook by its name, or any by its file."""
    from engine.playbook_file import load_files

    known = shipped(specs)
    found = [one for one in known if one.id == name]
    if found:
        return max(found, key=lambda one: one.version)
    if not Path(name).is_file():
        names = ", ".join(dict.fromkeys(one.id for one in known))
        raise InvalidInput(f"there is no playbook `{name}`: name a shipped one ({names}) or a file")
    return load_files([Path(name)], specs, known)[0]


def _named(playbook: "Playbook") -> JsonObject:
    return {"playbook": playbook.id, "version": playbook.version, "digest": playbook.digest}


def _problem(problem: InvalidInput) -> JsonObject:
    return {"file": problem.file, "line": problem.line, "column": problem.column, "message": problem.message}
