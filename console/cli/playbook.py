"""`fireline playbook`: is it sound, what does it say, and what would it do now."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output, as_json, note
from engine.errors import InvalidFile, InvalidInput, ServiceAway
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from engine.model.finding import Finding
    from engine.playbook import Playbook
    from engine.ports import Specs
    from engine.settings import Settings

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


Planned = Annotated[list[Path], typer.Argument(metavar="FILE…", help="The playbook, and others that it calls.")]
FindingName = Annotated[str, typer.Option("--finding", help="A file with one finding, or the id of one that came in.")]


@playbook.command("plan")
def plan(files: Planned, finding: FindingName, home: Home = None, json: Json = False) -> None:
    """What a playbook would do for a finding now, with every decision and check. Nothing is asked for or written."""
    from console.playbook_plan import tell
    from engine.model.foreseen import Foreseen
    from engine.settings import load

    seen = Foreseen.model_validate(_planned(load({"home": home}), files, finding))
    Output(json).show(seen.model_dump(mode="json"), tell(seen))


def _planned(settings: "Settings", files: list[Path], finding: str) -> JsonObject:
    from console.cli.supposed import one_finding
    from console.client import EngineClient
    from engine.bundles import read_text

    found = one_finding(Path(finding)) if Path(finding).is_file() else None
    body: JsonObject = {"files": [read_text(file).model_dump(mode="json") for file in files]}
    body |= {"finding_id": finding} if found is None else {"finding": found.model_dump(mode="json")}
    try:
        return EngineClient(settings).post("/playbooks/plan", body)
    except ServiceAway:
        if found is None:
            raise
        note("no engine runs here: freezes, budgets and the connectors' health are not considered")
        return _supposed(settings, files, found)


def _supposed(settings: "Settings", files: list[Path], finding: "Finding") -> JsonObject:
    """The answer of an engine with nothing in its database."""
    from console.cli.supposed import empty_engine
    from console.clock import now
    from engine.control.foresight import plan as foreseen
    from engine.playbook_file import load_files

    with empty_engine(settings) as (desk, store):
        found = load_files(files, desk.specs, desk.playbooks)[0]
        return store.ask(lambda tx: foreseen(tx, desk, found, finding, now())).model_dump(mode="json")
