"""`fireline tasks`: what playbooks, and releases into a changed world, ask people to do."""

from typing import Annotated

import typer

from console.cli.answers import connect, listing, show
from console.cli.options import As, Home, Id, Json, Why
from console.cli.output import Output
from console.cli.review import pairs

tasks = typer.Typer(no_args_is_help=True, help="What playbooks, and releases into a changed world, ask people to do.")

Answers = Annotated[
    list[str] | None, typer.Option("--answer", help="question=value, once for each question of the task.")
]


@tasks.command("list")
def list_tasks(
    all: Annotated[bool, typer.Option("--all", help="Those already over as well.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """What is to be done, the next deadline first."""
    answer = connect(home).get("/tasks", all=all)
    columns = ("id", "state", "deadline", "groups", "incident", "about", "task")
    listing(Output(json), answer, "tasks", columns, empty="nobody has anything to do")


@tasks.command("show")
def show_task(id: Id, home: Home = None, json: Json = False) -> None:
    """One task with its questions, and what was answered."""
    show(Output(json), connect(home).get(f"/tasks/{id}"))


@tasks.command("answer")
def answer(id: Id, answers: Answers = None, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Say that a task is done, with the answers to its questions. The playbook goes on by them."""
    done = connect(home, acting_as).post(f"/tasks/{id}/answer", {"answers": {**pairs(answers or [])}})
    Output(json).show(done, [f"{id}: answered"])


@tasks.command("decline")
def decline(id: Id, reason: Why, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Say that a task will not be done. Its step has failed then."""
    done = connect(home, acting_as).post(f"/tasks/{id}/decline", {"reason": reason})
    Output(json).show(done, [f"{id}: declined"])
