"""`fireline break-glass`."""

from typing import Annotated

import typer

from console.cli.answers import connect, local, tell_action
from console.cli.cases import parameters, span
from console.cli.options import As, Home, Json, Why
from console.cli.output import Output, note
from engine.model.base import Json as JsonObject


def break_glass(
    action: Annotated[str, typer.Argument(help="For example host.isolate.")],
    target: Annotated[str, typer.Argument(help="What it is done to.")],
    reason: Why,
    lease: Annotated[str | None, typer.Option("--lease", help="How long; the policy says how long at most.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", help="name=value, as often as needed.")] = None,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Act at once, without the approvals it takes: seldom, briefly, and reviewed by somebody else."""
    body: JsonObject = {"action": action, "target": target, "reason": reason, "params": parameters(param or [])}
    body["lease_s"] = None if lease is None else span(lease).total_seconds()
    answer = connect(home, acting_as).post("/break-glass", body)
    Output(json).show(answer, [tell_action(answer)])
    use = answer["break_glass"]
    assert isinstance(use, dict)
    note(f"somebody else answers {use['review']} until {local(use['deadline'])}, or the permission sleeps")
