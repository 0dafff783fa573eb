"""`fireline policy`: is it sound, and what does it say to an action."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import show
from console.cli.cases import parameters
from console.cli.options import Home, Json
from console.cli.output import Output, note
from console.cli.supposed import empty_engine, one_finding
from engine.errors import InvalidInput, ServiceAway
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from engine.model.finding import Finding
    from engine.settings import Settings

policy = typer.Typer(no_args_is_help=True, help="Check and explain policies.")

ActionName = Annotated[str | None, typer.Option("--action", help="For example network.block_ip.")]
Target = Annotated[str | None, typer.Option("--target", help="What it would be done to.")]
PolicyName = Annotated[
    str | None, typer.Option("--policy", help="A shipped policy or a file, instead of the active one.")
]
Param = Annotated[list[str] | None, typer.Option("--param", help="name=value, as often as needed.")]


@policy.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A policy file; or, with --action, a finding.")],
    action: ActionName = None,
    target: Target = None,
    param: Param = None,
    policy: PolicyName = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Check a policy file (all errors as file:line:column), or decide about an action on a finding."""
    if action is not None:
        explain(file, action, target, param, policy, home, json)
        return
    from console.calendar_views import calendar_lines, calendar_views
    from console.cli.assembly import shipped_policies, specs
    from console.cli.extensions import rules
    from console.clock import now
    from engine.expiring import endings
    from engine.policy_file import compile_layers
    from engine.policy_layers import read_layers, stack
    from engine.settings import load

    layers = read_layers(file, shipped_policies(), rules(load({"home": home})))
    sound, document = compile_layers(layers, specs(home)), stack(layers)[-1].merged
    ended = [(ending.at(document), ending) for ending in endings(sound.document, now()) if ending.ended]
    warnings = [str(at.error(f"warning: {ending} and counts no more")) for at, ending in ended]
    answer: JsonObject = {"policy": sound.name, "digest": sound.digest, "valid": True, "warnings": [*warnings]}
    answer["calendars"] = calendar_views(sound.calendars, now())
    told = f"{file}: policy `{sound.name}` is sound, digest {sound.digest[:16]}"
    Output(json).show(answer, [*warnings, told, *calendar_lines(sound.calendars, now())])


@policy.command("explain")
def explain(
    finding: Annotated[Path, typer.Argument(help="A finding: ours, OCSF or EVE.")],
    action: ActionName = None,
    target: Target = None,
    param: Param = None,
    policy: PolicyName = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """What would be decided about an action, and why. Nothing is asked for, nothing is written."""
    from engine.settings import load

    if action is None or target is None:
        raise InvalidInput("say which action on what: --action and --target")
    settings, found = load({"home": home, "policy": policy}), one_finding(finding)
    body: JsonObject = {"finding": found.model_dump(mode="json"), "action": action, "target": target}
    body["params"] = parameters(param or [])
    show(Output(json), _asked(settings, body) if policy is None else _supposed(settings, found, body))


def _asked(settings: "Settings", body: JsonObject) -> JsonObject:
    from console.client import EngineClient
    from engine.model.finding import Finding

    try:
        return EngineClient(settings).post("/policy/explain", body)
    except ServiceAway:
        note("no engine runs here: freezes, budgets and the connectors' health are not considered")
        return _supposed(settings, Finding.model_validate(body["finding"]), body)


def _supposed(settings: "Settings", finding: "Finding", body: JsonObject) -> JsonObject:
    """The answer of an engine with nothing in its database."""
    from console.clock import now
    from engine.control.hypothetical import suppose
    from engine.decide import explain as explained

    params = body["params"]
    assert isinstance(params, dict)
    action, target = str(body["action"]), str(body["target"])
    with empty_engine(settings) as (desk, store):
        seen = store.ask(lambda tx: suppose(tx, desk, finding, action, target, params, now()))
    return explained(seen.decision, seen.checks)
