"""`fireline policy prove`: what a policy never can say, whatever the facts."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.leaving import Exit
from console.cli.options import Home, Json
from console.cli.output import Output
from console.cli.policy_tools import PolicyFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.answerable import Staff
    from engine.policy_prove import Proof
    from engine.settings import Settings

People = Annotated[Path | None, typer.Option("--people", help="The people who answer, if not those of this home.")]


def prove(file: PolicyFile = None, people: People = None, home: Home = None, json: Json = False) -> None:
    """Show what no facts can make a policy do, what no added rule can open, and that people can always answer.

    Exit code 1, and facts under which it would, where that does not hold.
    """
    from console.cli.assembly import policy_named, specs
    from engine.policy_prove import prove as proof
    from engine.settings import load

    settings = load({"home": home})
    policy = policy_named(settings.policy if file is None else file, specs(home), settings)
    file_of_people = people or settings.people_file
    shown = proof(policy, specs(home), _staff(settings, file_of_people))
    answer = {"policy": policy.name, "digest": policy.digest, "holds": shown.holds, **asdict(shown)}
    Output(json).show(answer, _shown(policy.name, shown, file_of_people))
    if not shown.holds:
        raise typer.Exit(Exit.REFUSED)


def _staff(settings: "Settings", people: Path) -> "Staff | None":
    """Who answers, and who owns what is known; None in a home without people."""
    from console.cli.simulation import site_path
    from console.clock import now
    from console.staff import staff
    from engine.context.file import ContextFile, load

    if people == settings.people_file and not people.exists():
        return None
    place = settings.context or (site_path(settings.site) if settings.site else None)
    known = ContextFile() if place is None else load(place)
    owners = {*(asset.owner for asset in known.assets), *(identity.owner for identity in known.identities)}
    return staff(people, owners, now())


PROVED = (
    "nothing protected or irreversible below tier 4, nothing by itself without the bar, no rule added allows more, "
    "no condition fails"
)


def _shown(name: str, proof: "Proof", people: Path) -> "Iterator[str]":
    yield from (f"cannot be proved about: {condition}" for condition in proof.outside)
    for found in proof.counterexamples:
        yield f"{found.action}, tier {found.tier}: {found.broken}"
        yield f"  by {', '.join(found.rules) or 'no rule'}"
        yield from (f"  {fact}: {value}" for fact, value in sorted(found.facts.items()))
    answered = ", somebody can always answer" if proof.staffed else "; no people: who can answer was not asked"
    told = f"proved: {PROVED}{answered}" if proof.holds else "NOT PROVED"
    yield f"policy `{name}`: {told}; {proof.actions} actions, {proof.tried} situations"
    yield from (f"  exempt: {expression}" for expression in proof.exempt)
    remedies = dict.fromkeys(found.remedy for found in proof.counterexamples if found.remedy)
    yield from (f"to mend it, in {people}: {remedy}" for remedy in remedies)
