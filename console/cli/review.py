"""`fireline review` and `findings`, and the verdict on an action."""

from enum import StrEnum
from typing import Annotated

import typer

from console.cli.answers import connect, listing, show, text
from console.cli.cases import Judgement, actions
from console.cli.options import As, Home, Id, Json, Why
from console.cli.output import Output
from engine.errors import InvalidInput
from engine.model.base import Json as JsonObject

review = typer.Typer(no_args_is_help=True, help="What waits for a person's judgement.")
findings = typer.Typer(no_args_is_help=True, help="What detectors claim, and what people found it to be.")

Answers = Annotated[
    list[str] | None, typer.Option("--answer", help="question=value, once for each question of the checklist.")
]


class ActionJudgement(StrEnum):
    """What an analyst may find an action to be."""

    CORRECT = "correct"
    UNNECESSARY = "unnecessary"
    HARMFUL = "harmful"
    TOO_LATE = "too_late"


@review.command("list")
def list_reviews(
    all: Annotated[bool, typer.Option("--all", help="Those already answered as well.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """What waits, the next deadline first."""
    answer = connect(home).get("/reviews", all=all)
    columns = ("id", "kind", "state", "overdue", "severity", "deadline", "taken_by", "finding", "title")
    listing(Output(json), answer, "reviews", columns, empty="nothing waits for review")


@review.command("show")
def show_review(id: Id, home: Home = None, json: Json = False) -> None:
    """One item: why it waits, its checklist, and the finding with its raw evidence."""
    show(Output(json), connect(home).get(f"/reviews/{id}"))


@review.command("take")
def take(id: Id, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Make an item yours, so that nobody does it twice; shows it."""
    show(Output(json), connect(home, acting_as).post(f"/reviews/{id}/take", {}))


@review.command("answer")
def answer(
    id: Id,
    verdict: Annotated[Judgement, typer.Option("--verdict", help="What the finding turned out to be.")],
    reason: Why,
    answers: Answers = None,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Answer an item, with its whole checklist. The answer is your verdict on the finding."""
    body: JsonObject = {"verdict": verdict, "reason": reason, "answers": {**pairs(answers or [])}}
    answered = connect(home, acting_as).post(f"/reviews/{id}/answer", body)
    Output(json).show(answered, [f"{id}: {verdict}"])


@findings.command("list")
def list_findings(home: Home = None, json: Json = False) -> None:
    """Every accepted finding."""
    answer = connect(home).get("/findings")
    columns = ("id", "incident", "time", "severity", "confidence", "detector", "title")
    listing(Output(json), answer, "findings", columns, empty="no findings")


@findings.command("show")
def show_finding(id: Id, home: Home = None, json: Json = False) -> None:
    """One finding in full."""
    show(Output(json), connect(home).get(f"/findings/{id}"))


@findings.command("verdict")
def finding_verdict(
    id: Id, kind: Judgement, reason: Why, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Judge a finding. A false positive that is all its incident rests on withdraws the incident as well."""
    answer = connect(home, acting_as).post(f"/findings/{id}/verdict", {"kind": kind, "reason": reason})
    Output(json).show(answer, [f"{id}: {kind} ({text(answer['incident'])})"])


@actions.command("verdict")
def action_verdict(
    id: Id, kind: ActionJudgement, reason: Why, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Judge an action that was carried out; harm takes its detector's autonomy back."""
    answer = connect(home, acting_as).post(f"/actions/{id}/verdict", {"kind": kind, "reason": reason})
    Output(json).show(answer, [f"{id}: {kind}"])


def pairs(given: list[str]) -> dict[str, str]:
    """`question=value` pairs, each question once."""
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not name:
            raise InvalidInput(f"answer `{pair}` is not of the form question=value")
        if name in found:
            raise InvalidInput(f"`{name}` is answered twice")
        found[name] = value
    return found
