"""`fireline policy test`, `diff` and `what-if`: what a policy says, and what it would have said."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output
from engine.duration import parse
from engine.model.base import Json as JsonObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.policy_trial import Trial
    from engine.policy_what_if import WhatIf

PolicyFile = Annotated[
    str | None, typer.Argument(metavar="[FILE]", help="A shipped policy or a file; else the one that is set.")
]
Cases = Annotated[Path | None, typer.Option("--cases", help="The cases, if not `NAME.cases.yaml` beside the policy.")]


def test(file: PolicyFile = None, cases: Cases = None, home: Home = None, json: Json = False) -> None:
    """Decide every case of a policy. Exit code 1 where one comes out otherwise, or a clause is tested by none."""
    from console.cli.assembly import policy_layers, specs
    from engine.layer_cases import load_layer_cases, try_layers
    from engine.policy_cases import load_cases
    from engine.policy_file import compile_layers
    from engine.policy_layers import stack
    from engine.settings import load

    settings, known = load({"home": home}), specs(home)
    layers = policy_layers(settings.policy if file is None else file, settings)
    policy = compile_layers(layers, known)
    files = [load_cases(cases, policy, known)] if cases else load_layer_cases(stack(layers), policy, known)
    trial = try_layers(policy, files, known)
    answer = {"policy": policy.name, "digest": policy.digest, **_trial(trial)}
    Output(json).show(answer, _told(policy.name, trial))
    if not trial.passed:
        raise typer.Exit(Exit.REFUSED)


def _trial(trial: "Trial") -> JsonObject:
    return {
        "passed": trial.passed,
        "cases": trial.cases,
        "failures": [
            {
                "case": failure.case,
                "file": failure.at.file,
                "line": failure.at.line,
                "column": failure.at.column,
                "clauses": [*failure.clauses],
                "problems": [*failure.problems],
            }
            for failure in trial.failures
        ],
        "coverage": {kind: {"tested": tested, "of": of} for kind, (tested, of) in trial.coverage().items()},
        "untested": [{"kind": kind, "id": name} for kind, name in trial.untested],
    }


def _told(name: str, trial: "Trial") -> "Iterator[str]":
    yield from map(str, trial.failures)
    yield from (f"{kind} `{clause}` is tested by no case" for kind, clause in trial.untested)
    covered = ", ".join(f"{tested} of {of} {kind}s" for kind, (tested, of) in trial.coverage().items())
    failed = f"{len(trial.failures)} of {trial.cases} cases fail" if trial.failures else f"{trial.cases} cases pass"
    yield f"policy `{name}`: {failed}; tested are {covered}"


Named = Annotated[str, typer.Argument(help="A shipped policy or a file.")]


def diff(a: Named, b: Named, json: Json = False) -> None:
    """What policy B says otherwise than A, clause by clause, and whether it can thereby allow more."""
    from console.cli.assembly import policy_named, specs
    from engine.policy_diff import compare

    old, new = (policy_named(name, specs()) for name in (a, b))
    changes = compare(old.document, new.document)
    more = sum(change.can_allow_more for change in changes)
    told = f"{len(changes)} differences, {more} can allow more" if changes else "they say the same"
    answer = {
        "a": old.digest,
        "b": new.digest,
        "changes": [asdict(change) for change in changes],
        "can_allow_more": more,
    }
    Output(json).show(answer, [*map(str, changes), told])


Other = Annotated[str, typer.Option("--policy", help="The policy to decide under: a shipped one or a file.")]
Since = Annotated[
    timedelta | None, typer.Option("--since", parser=parse, metavar="D", help="Only the last 7d, 12h; else all.")
]


def what_if(policy: Other, since: Since = None, home: Home = None, json: Json = False) -> None:
    """Make recorded decisions again under another policy. Nothing is asked for, done or written; needs no engine."""
    from console.cli.assembly import policy_named, specs
    from console.clock import now
    from engine.policy_what_if import redecide
    from engine.settings import load
    from engine.store.recorded import recorded

    at = now()
    start = None if since is None else at - since
    known = specs(home)
    other = policy_named(policy, known)
    seen = redecide(recorded(load({"home": home}).database_url, start), other, known, start, at)
    answer = {"policy": other.name, "digest": other.digest, "replayed": True, "executed": 0, **_seen(seen)}
    Output(json).show(answer, _compared(other.name, seen))


def _seen(seen: "WhatIf") -> JsonObject:
    return {
        "decisions": seen.decisions,
        "undecided": seen.undecided,
        "days": round(seen.days, 3),
        "kinds": {**seen.kinds},
        "extra_approvals_a_day": round(seen.extra_approvals_a_day, 3),
        "incidents": [*seen.incidents],
        "flips": [
            {
                "request": flip.request,
                "incident": flip.incident,
                "action": flip.action,
                "target": flip.target,
                "before": {"tier": int(flip.before.tier), "effect": flip.before.effect.value},
                "after": {"tier": int(flip.after.tier), "effect": flip.after.effect.value},
                "why": flip.why,
            }
            for flip in seen.flips
        ],
    }


def _compared(name: str, seen: "WhatIf") -> "Iterator[str]":
    yield f"REPLAY under policy `{name}`: nothing was executed, asked for or written"
    for flip in seen.flips:
        yield f"  {flip.request} {flip.action} {flip.target} in {flip.incident}: {flip.kind}  ({flip.why})"
    yield f"{len(seen.flips)} of {seen.decisions} decisions in {seen.days:.1f} days would be others"
    yield from (f"  {count} {kind}" for kind, count in seen.kinds.items())
    yield f"{seen.extra_approvals_a_day:+.1f} approvals a day; {len(seen.incidents)} incidents affected"
