"""`fireline leases`."""

import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.answers import connect, listing, local, tell_action
from console.cli.cases import span
from console.cli.options import As, Home, Id, Json, Why, identifier
from console.cli.output import Output, note
from engine.errors import Denied, InvalidInput
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from console.client import EngineClient

leases = typer.Typer(no_args_is_help=True, help="Effects in force, and how they end.")
OVER = ("released", "failed", "surrendered")
LOOK_EVERY_S = 0.5
LOOK_FOR_S = 90.0
"""Longer than any release waits for those before it."""
Cause = Annotated[
    str | None,
    typer.Option("--cause", help="detector:ID[@VERSION], policy:NAME, playbook:ID, indicator:VALUE or incident:ID."),
]


@leases.command("list")
def list_leases(home: Home = None, json: Json = False) -> None:
    """Every effect, in force or over."""
    answer = connect(home).get("/leases")
    columns = ("id", "state", "action", "target", "executor", "expires_at", "holders")
    listing(Output(json), answer, "leases", columns, empty="no leases")


@leases.command("extend")
def extend(
    id: Id,
    by: Annotated[str, typer.Option("--by", help="How much longer, for example 10m.")],
    reason: Why,
    ask: Annotated[bool, typer.Option("--ask", help="Ask people for this long from now, beyond the ceiling.")] = False,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Let an effect last longer, within the ceiling that policy set; with --ask beyond it, once people approve."""
    seconds = span(by).total_seconds()
    if ask:
        body: JsonObject = {"lasts_s": seconds, "reason": reason}
        _asked(connect(home, acting_as).post(f"/leases/{id}/extension-request", body), Output(json))
        return
    answer = connect(home, acting_as).post(f"/leases/{id}/extension", {"by_s": seconds, "reason": reason})
    Output(json).show(answer, [f"{id}: until {local(answer['expires_at'])}"])


@leases.command("export")
def export(
    manual: Annotated[bool, typer.Option("--manual", help="The undo sheet: how each is taken back by hand.")] = False,
    home: Home = None,
    json: Json = False,
) -> None:
    """Print the undo sheet: whatever may stand in the world, and how to take it back without the engine."""
    if not manual:
        raise InvalidInput("say --manual: the undo sheet is what there is to export")
    answer = connect(home).get("/leases/undo-sheet")
    Output(json).show(answer, str(answer["sheet"]).splitlines())


@leases.command("lift")
def lift(
    id: Id,
    ticket: Annotated[str, typer.Option("--ticket", help="The ticket by which it is lifted, for example CHG-17.")],
    reason: Why,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Announce that somebody lifts an effect by hand within the hour, so that it is not put back."""
    body: JsonObject = {"ticket": ticket, "reason": reason}
    answer = connect(home, acting_as).post(f"/leases/{id}/announced-lift", body)
    Output(json).show(answer, [f"{id}: may be lifted by hand until {local(answer['until'])}"])


@leases.command("permanent")
def permanent(id: Id, reason: Why, acting_as: As = None, home: Home = None, json: Json = False) -> None:
    """Ask people to keep an effect in force until somebody releases it; tier 4."""
    _asked(connect(home, acting_as).post(f"/leases/{id}/permanent", {"reason": reason}), Output(json))


def _asked(answer: JsonObject, output: Output) -> None:
    output.show(answer, [tell_action(answer)])
    if answer["state"] != "awaiting_approval":
        raise Denied(f"{answer['id']} is {answer['state']}: {answer['outcome']}")


@leases.command("release")
def release(
    reason: Why,
    id: Annotated[str | None, typer.Argument(metavar="[ID]", parser=identifier)] = None,
    cause: Cause = None,
    yes: Annotated[bool, typer.Option("--yes", help="Release what --cause names without being asked.")] = False,
    acting_as: As = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """End an effect now; for a tier-2 action this is the veto. With --cause, all that one cause put in force.

    A cause is shown first: whose shares go, in which order, and what stays because another incident holds it too.
    """
    if (id is None) == (cause is None):
        raise InvalidInput("name either one lease or a --cause")
    engine = connect(home, acting_as)
    if cause is not None:
        _release_caused(engine, cause, reason, yes, Output(json))
        return
    answer = engine.post(f"/leases/{id}/release", {"reason": reason})
    Output(json).show(answer, [f"{id}: releasing"])


def _release_caused(engine: "EngineClient", cause: str, reason: str, yes: bool, output: Output) -> None:
    seen = engine.get("/leases/caused", cause=cause)
    effects = _effects(seen)
    for line in _told(seen, effects):
        note(line)
    if effects and (yes or _agreed()):
        given = engine.post("/leases/release", {"cause": cause, "requests": seen["requests"], "reason": reason})
        going = [str(effect["lease_id"]) for effect in _effects(given) if not effect["kept_for"]]
        output.show(given, _progress(engine, going))
    elif effects:
        raise Denied("nothing is released: say --yes to release what is shown")
    else:
        output.show(seen, [])


def _agreed() -> bool:
    return sys.stdin.isatty() and typer.confirm("Release these?", err=True)


def _effects(answer: JsonObject) -> list[JsonObject]:
    listed = answer["effects"]
    assert isinstance(listed, list)
    return [effect for effect in listed if isinstance(effect, dict)]


def _told(seen: JsonObject, effects: list[JsonObject]) -> Iterator[str]:
    """The preview, in the order of release."""
    going = [effect for effect in effects if not effect["kept_for"]]
    kept = [effect for effect in effects if effect["kept_for"]]
    yield f"{seen['cause']}: {len(going)} to release" if effects else f"nothing in force goes back to {seen['cause']}"
    for number, effect in enumerate(going, 1):
        yield f"{number:4}. {_name(effect)}, else until {local(effect['expires_at'])}"
    for effect in kept:
        others = effect["kept_for"]
        yield f"stays {_name(effect)}: also held for {', '.join(map(str, others if isinstance(others, list) else []))}"
    asked = seen["asked"]
    if isinstance(asked, list) and asked:
        yield f"people are still asked about {', '.join(map(str, asked))}: `fireline approvals deny` stops that"


def _name(effect: JsonObject) -> str:
    return f"{effect['lease_id']} {effect['action']} {effect['target']} ({effect['connector']})"


def _progress(engine: "EngineClient", going: list[str]) -> Iterator[str]:
    """A line for each effect as it ends, and at last how many did."""
    told, until = dict[str, str](), time.monotonic() + LOOK_FOR_S
    while len(told) < len(going) and time.monotonic() < until:
        time.sleep(LOOK_EVERY_S)
        for name, state in _ended(engine, going):
            if name not in told:
                told[name] = state
                yield f"{len(told)} of {len(going)}: {name} {state}"
    if len(told) < len(going):
        yield f"not over yet: {', '.join(name for name in going if name not in told)}"


def _ended(engine: "EngineClient", going: list[str]) -> Iterator[tuple[str, str]]:
    listed = engine.get("/leases")["leases"]
    for lease in listed if isinstance(listed, list) else []:
        if isinstance(lease, dict) and lease["id"] in going and lease["state"] in (*OVER, "stuck"):
            yield str(lease["id"]), str(lease["state"])
