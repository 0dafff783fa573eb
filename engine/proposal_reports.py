"""What voters are shown about a proposal besides its text; pure. Lists are cut at `TOLD`, and say how long they are.

A report shows, and decides nothing: a test that fails or a proof that does not hold is for people to weigh.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from pydantic import JsonValue

from engine.control.plan import answering
from engine.control.runs import run_facts
from engine.governance import voters
from engine.model.base import Json
from engine.model.finding import Finding
from engine.model.governance import GovernanceTerms
from engine.model.incident import Incident
from engine.model.playbook import PlanRefused
from engine.model.principal import Principal
from engine.model.request import Request
from engine.playbook import CompiledAction, Playbook, walk
from engine.policy_cases import CaseFile
from engine.policy_diff import compare
from engine.policy_file import Policy
from engine.policy_prove import prove
from engine.policy_trial import try_policy
from engine.policy_what_if import redecide
from engine.ports import Specs

TOLD = 100
"""Lines of a report that are kept."""


def policy_reports(
    active: Policy,
    proposed: Policy,
    cases: CaseFile | None,
    made: Iterable[tuple[Request, Finding | None]],
    specs: Specs,
    since: datetime,
    now: datetime,
) -> Json:
    """Its cases, what it says otherwise, what is proved of it, and what it would have decided since then."""
    return {
        "test": _test(proposed, cases, specs),
        "diff": _diff(active, proposed),
        "prove": _prove(proposed, specs),
        "what_if": _what_if(proposed, made, specs, since, now),
    }


def playbook_reports(
    active: Sequence[Playbook], proposed: Sequence[Playbook], seen: Iterable[tuple[Incident, Finding]]
) -> Json:
    """What the set says otherwise, and which findings it would have answered otherwise."""
    changes = [*_changes("", _by_name(active), _by_name(proposed))]
    return {
        "diff": {"changes": _cut(changes), "differences": len(changes)},
        "what_if": _answers(active, proposed, seen),
    }


def answerable(terms: GovernanceTerms, people: Iterable[Principal]) -> Json:
    """Whether the next change could still be voted on by those there are, whoever of them proposes it."""
    able = voters(terms, people)
    return {
        "quorum": terms.quorum,
        "groups": [*terms.groups],
        "could_vote": [*able],
        "answerable": len(able) > terms.quorum,
    }


def _test(policy: Policy, cases: CaseFile | None, specs: Specs) -> Json:
    if cases is None:
        return {"passed": False, "cases": 0, "because": "no cases were handed in"}
    trial = try_policy(policy, cases, specs)
    untested = [f"{kind} `{name}` is tested by no case" for kind, name in trial.untested]
    said = [*map(str, trial.failures), *untested]
    return {"passed": trial.passed, "cases": trial.cases, "problems": _cut(said), "problems_in_all": len(said)}


def _diff(active: Policy, proposed: Policy) -> Json:
    changes = compare(active.document, proposed.document)
    more = sum(change.can_allow_more for change in changes)
    told = sorted(changes, key=lambda change: not change.can_allow_more)
    return {"changes": _cut(map(str, told)), "differences": len(changes), "can_allow_more": more}


def _prove(policy: Policy, specs: Specs) -> Json:
    proof = prove(policy, specs)
    found = [f"{one.action}, tier {one.tier}: {one.broken}" for one in proof.counterexamples]
    outside = [f"cannot be proved about: {condition}" for condition in proof.outside]
    return {"holds": proof.holds, "problems": _cut([*found, *outside]), "situations": proof.tried}


def _what_if(
    policy: Policy, made: Iterable[tuple[Request, Finding | None]], specs: Specs, since: datetime, now: datetime
) -> Json:
    seen = redecide(made, policy, specs, since, now)
    flips = [f"{flip.request} {flip.action} {flip.target} in {flip.incident}: {flip.kind}" for flip in seen.flips]
    return {
        "replayed": True,
        "decisions": seen.decisions,
        "since": since.isoformat(),
        "would_differ": len(flips),
        "kinds": {**seen.kinds},
        "extra_approvals_a_day": round(seen.extra_approvals_a_day, 3),
        "incidents": len(seen.incidents),
        "flips": _cut(flips),
    }


def _by_name(playbooks: Iterable[Playbook]) -> Json:
    return {_name(playbook): playbook.content for playbook in playbooks}


def _name(playbook: Playbook) -> str:
    return f"{playbook.id}@{playbook.version}"


def _changes(place: str, old: JsonValue, new: JsonValue) -> Iterator[str]:
    """What differs, value by value; in a list of named things (steps) by name, so that moving one is one change."""
    if old == new:
        return
    before, after = _parts(old), _parts(new)
    if before is None or after is None:
        yield f"{place}: {_text(old)} -> {_text(new)}"
        return
    for name in [*before, *(name for name in after if name not in before)]:
        at = f"{place}.{name}" if place else name
        if name not in after:
            yield f"{at} removed"
        elif name not in before:
            yield f"{at} added"
        else:
            yield from _changes(at, before[name], after[name])
    common = [name for name in before if name in after]
    if isinstance(old, list) and common != [name for name in after if name in before]:
        yield f"{place}: another order"


def _parts(value: JsonValue) -> Mapping[str, JsonValue] | None:
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(item, dict) and "name" in item for item in value):
        return {str(item["name"]): item for item in value if isinstance(item, dict)}
    return None


def _text(value: JsonValue) -> str:
    said = str(value)
    return said if len(said) <= 200 else said[:199] + "…"


def _answers(
    active: Sequence[Playbook], proposed: Sequence[Playbook], seen: Iterable[tuple[Incident, Finding]]
) -> Json:
    pairs = [(finding, _answering(active, *one), _answering(proposed, *one)) for one in seen for finding in one[1:]]
    differ = [f"{finding.id}: {before} -> {after}" for finding, before, after in pairs if before != after]
    return {"replayed": True, "findings": len(pairs), "would_differ": len(differ), "differ": _cut(differ)}


def _answering(playbooks: Sequence[Playbook], incident: Incident, finding: Finding) -> str:
    """The playbooks that answer it with what they may do, in one line; why nobody can tell where one fails to say."""
    plan = answering(playbooks, incident, finding, run_facts(finding, incident))
    if isinstance(plan, PlanRefused):
        return f"refused: {plan.reason}"
    return " and ".join(f"{_name(one)} ({', '.join(_actions(one))})" for one in plan) or "nothing"


def _actions(playbook: Playbook) -> list[str]:
    steps = (step for step in walk(playbook.block) if isinstance(step, CompiledAction))
    return [*dict.fromkeys(step.call.spec.id for step in steps)]


def _cut(lines: Iterable[str]) -> list[JsonValue]:
    return [*islice(lines, TOLD)]
