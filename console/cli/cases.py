"""`fireline incidents`, `actions` and `approvals`."""

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import connect, listing, print_votes, show, tell_action
from console.cli.options import As, Home, Id, Json, Why
from console.cli.output import Output, note
from engine.errors import Denied, InvalidInput
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from console.client import EngineClient

incidents = typer.Typer(no_args_is_help=True, help="Correlated findings, and what became of them.")
actions = typer.Typer(no_args_is_help=True, help="Requested actions and their decisions.")
approvals = typer.Typer(no_args_is_help=True, help="What people are asked, and their answers.")


class Judgement(StrEnum):
    """What an analyst may find an incident to be."""

    FALSE_POSITIVE = "false_positive"
    TRUE_POSITIVE = "true_positive"
    TEST = "test"


@incidents.command("list")
def list_incidents(home: Home = None, json: Json = False) -> None:
    """All incidents."""
    answer = connect(home).get("/incidents")
    columns = ("id", "state", "severity", "key", "title")
    listing(Output(json), answer, "incidents", columns, empty="no incidents")


@incidents.command("show")
def show_incident(id: Id, home: Home = None, json: Json = False) -> None:
    """One incident with its findings, actions and playbooks, visit by visit."""
    show(Output(json), connect(home).get(f"/incidents/{id}"))


@incidents.command("verdict")
def verdict(id: Id, kind: Judgement, reason: Why, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Judge an incident: false_positive, true_positive or test.

    A false positive withdraws everything it asked for and releases what it holds.
    """
    answer = connect(home, acting_as).post(f"/incidents/{id}/verdict", {"kind": kind, "reason": reason})
    Output(json).show(answer, [f"{id}: {kind}"])


@actions.command("list")
def list_actions(home: Home = None, json: Json = False) -> None:
    """All requested actions."""
    answer = connect(home).get("/actions")
    columns = ("id", "incident", "state", "tier", "action", "target", "executor", "outcome")
    listing(Output(json), answer, "actions", columns, empty="no actions")


@actions.command("show")
def show_action(id: Id, home: Home = None, json: Json = False) -> None:
    """One requested action with its justification."""
    show(Output(json), connect(home).get(f"/actions/{id}"))


@actions.command("request")
def request(
    action: Annotated[str, typer.Argument(help="For example network.block_ip.")],
    target: Annotated[str, typer.Option("--target", help="What it is done to.")],
    reason: Why,
    lease: Annotated[str | None, typer.Option("--lease", help="How long, for example 15s or 2h.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", help="name=value, as often as needed.")] = None,
    without_evidence: Annotated[
        str, typer.Option("--without-evidence", help="Why it may destroy what nobody took down; approvers see it.")
    ] = "",
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Ask for an action in person: no confidence, the same policy and checks as everything else."""
    body: JsonObject = {"action": action, "target": target, "reason": reason, "params": parameters(param or [])}
    wanted = None if lease is None else span(lease)
    body["lease_s"] = None if wanted is None else wanted.total_seconds()
    body["without_evidence"] = without_evidence
    answer = connect(home, acting_as).post("/actions", body)
    Output(json).show(answer, [tell_action(answer)])
    if wanted is not None and answer["lease_s"] != wanted.total_seconds():
        note(f"policy lets it last {answer['lease_s']:g} s at most, not {lease}")
    if answer["state"] == "denied":
        raise Denied(f"{answer['id']} is denied: {answer['outcome']}")


@approvals.command("list")
def list_approvals(
    all: Annotated[bool, typer.Option("--all", help="Those already decided as well.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """What people are asked now."""
    answer = connect(home).get("/approvals", all=all)
    columns = ("id", "state", "tier", "action", "target", "missing", "deadline", "short_digest")
    listing(Output(json), answer, "approvals", columns, empty="nobody is asked anything")


@approvals.command("show")
def show_approval(id: Id, home: Home = None, json: Json = False) -> None:
    """One approval request: everything a voter has to know, all parameters included."""
    from console.cli.telling import tell_approval

    answer = connect(home).get(f"/approvals/{id}")
    Output(json).show(answer, tell_approval(answer))


Digest = Annotated[str | None, typer.Option("--digest", help="The digest you were shown; another is refused.")]


@approvals.command("approve")
def approve(
    id: Id,
    reason: Why = "",
    digest: Digest = None,
    lease: Annotated[
        str | None, typer.Option("--lease", help="For how long at the most, for example 15m; never longer than asked.")
    ] = None,
    code: Annotated[
        str | None, typer.Option("--code", help="The code of your authenticator, which a yes at tier 4 may take.")
    ] = None,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Say yes. At tier 4 with a reason, and where it is set up with a one-time code."""
    lease_s = None if lease is None else span(lease).total_seconds()
    body: JsonObject = {"kind": "approve", "reason": reason, "digest": digest, "lease_s": lease_s, "code": code}
    _vote(id, body, connect(home, acting_as), Output(json))


@approvals.command("deny")
def deny(
    id: Id, reason: Why, digest: Digest = None, acting_as: As = None, home: Home = None, json: Json = False
) -> None:
    """Say no; final after one minute."""
    _vote(id, {"kind": "deny", "reason": reason, "digest": digest}, connect(home, acting_as), Output(json))


@approvals.command("retract")
def retract(id: Id, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Take your own vote back, within a minute and while nothing has come of it."""
    print_votes(Output(json), connect(home, acting_as).post(f"/approvals/{id}/retraction", {}))


def _vote(id: str, body: JsonObject, engine: "EngineClient", output: Output) -> None:
    print_votes(output, engine.post(f"/approvals/{id}/votes", body))


def span(text: str) -> timedelta:
    """A duration as people type it."""
    from engine.duration import parse

    return parse(text)


def parameters(given: list[str]) -> JsonObject:
    """`name=value` pairs; a value that is JSON is taken as that, anything else as text."""
    import json

    params: JsonObject = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise InvalidInput(f"parameter `{pair}` is not of the form name=value")
        try:
            params[name] = json.loads(value)
        except json.JSONDecodeError:
            params[name] = value
    return params
