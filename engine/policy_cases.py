"""Cases of a policy: facts, and what it must say to them; YAML beside the policy, every mistake told at its place."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, JsonValue

from engine.authoring import Reviewer
from engine.autonomy import lower_bound
from engine.documents import Document, read
from engine.errors import InvalidFile, InvalidInput
from engine.expressions import Expressions, FactType
from engine.fact_table import FACTS
from engine.facts import NEVER_HOURS, absent
from engine.model.action import ActionSpec, Impact, Params, Reversal, TargetKind
from engine.model.authored import Count, Line, Name, Span, TierNumber
from engine.model.base import Json, Model
from engine.model.decision import Effect, OnExpiry
from engine.policy_file import Policy
from engine.ports import Specs


class ExpectedTerms(Model):
    """What a decision must bring with it, as far as a case says; an interim is named by its action."""

    lease: Span | None = None
    ceiling: Span | None = None
    quorum: Count | None = None
    groups: tuple[Line, ...] | None = None
    decide_in: Span | None = None
    on_expiry: OnExpiry | None = None
    interim: tuple[Name, ...] | None = None
    interim_lease: Span | None = None
    hold_step: Span | None = None
    hold_ceiling: Span | None = None
    tell: tuple[Line, ...] | None = None


class ExpectedCharge(Model):
    """Which budget must be charged, and its limits as far as a case says."""

    id: Name
    hour: Count | None = None
    day: Count | None = None
    in_force: Count | None = None
    weight: Count | None = None
    points: Count | None = None
    site: Count | None = None
    automatic: Count | None = None


class Expected(Model):
    """What must be decided: `rules` have spoken, `silent` have not, each of `reasons` is part of one that is told."""

    tier: TierNumber
    effect: Effect
    rules: tuple[Name, ...] = ()
    silent: tuple[Name, ...] = ()
    reasons: tuple[Line, ...] = ()
    terms: ExpectedTerms = ExpectedTerms()
    budget: ExpectedCharge | None = None


class Case(Model):
    """One request by its facts; those it does not give come from the file's `start`, or open least.

    It is decided as if the exceptions named in `enabled` were.
    """

    id: Name
    action: Name
    enabled: tuple[Name, ...] = ()
    given: Json = Field(default_factory=dict)
    expect: Expected


class CasesDocument(Model):
    """One file of cases, for one policy."""

    policy: Name
    start: Json = Field(default_factory=dict)
    cases: tuple[Case, ...]


@dataclass(frozen=True, repr=False)
class CaseFile:
    """Cases that fit their policy, and the file they stand in."""

    content: CasesDocument
    document: Document


def beside(policy: Path) -> Path:
    """Where the cases of the policy at this path are looked for."""
    return policy.with_suffix(".cases.yaml")


def load_cases(path: Path, policy: Policy, specs: Specs, name: str | None = None) -> CaseFile:
    """The cases at `path`; raise `InvalidFile` with everything in them that does not fit the policy or the facts.

    They are those of the layer called `name`, or of the whole policy.
    """
    return check_cases(read(path), policy, specs, name)


def check_cases(document: Document, policy: Policy, specs: Specs, name: str | None = None) -> CaseFile:
    """The document as cases, like `load_cases`."""
    content = document.validate(CasesDocument)
    reviewer = Reviewer(document, Expressions({}), specs, policy.document.foreseen)
    if content.policy != (wanted := name or policy.name):
        reviewer.refuse(f"these are cases of `{content.policy}`, and the policy is `{wanted}`", "policy")
    if not content.cases:
        reviewer.refuse("there is no case", "cases")
    reviewer.unique([case.id for case in content.cases], "cases")
    problems = [*_wrong_facts(document, content.start, None, "start")]
    for index, case in enumerate(content.cases):
        reviewer.actions([case.action], "cases", index)
        spec = specs.get(case.action)
        problems += _wrong_facts(document, case.given, spec, "cases", index, "given")
        _names(case, policy, reviewer, index)
    try:
        reviewer.finish()
    except InvalidFile as error:
        problems += error.problems
    if problems:
        raise InvalidFile(tuple(sorted(problems, key=lambda problem: (problem.line, problem.column))))
    return CaseFile(content, document)


def _names(case: Case, policy: Policy, reviewer: Reviewer, index: int) -> None:
    """What a case enables are exceptions of the policy."""
    known = {rule.id for rule in policy.document.rules if rule.kind == "exception"}
    for place, name in enumerate(case.enabled):
        if name not in known:
            reviewer.refuse(f"the policy has no exception `{name}`", "cases", index, "enabled", place)


OF_THE_ACTION = frozenset({"action.id", "action.version", "action.impact", "action.irreversible"})
"""Facts that a registered action settles by itself."""


def _wrong_facts(document: Document, given: Json, spec: ActionSpec | None, *path: str | int) -> list[InvalidInput]:
    found = []
    for name, value in given.items():
        message = _wrong_fact(name, value, spec)
        if message:
            at = document.at((*path, name), key=name not in FACTS)
            found.append(at.error(message))
    return found


def _wrong_fact(name: str, value: JsonValue, spec: ActionSpec | None) -> str:
    if name not in FACTS:
        return f"there is no fact `{name}`"
    kind = FACTS[name][0]
    if not _is(value, kind):
        return f"fact `{name}` is of type {kind.value}"
    settled = spec is not None and name in OF_THE_ACTION
    return f"fact `{name}` is what the action itself says" if settled else ""


def _is(value: JsonValue, kind: FactType) -> bool:
    match kind:
        case FactType.INT:
            return isinstance(value, int) and not isinstance(value, bool)
        case FactType.DOUBLE:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        case FactType.STRINGS:
            return isinstance(value, list) and all(isinstance(text, str) for text in value)
    return isinstance(value, _PLAIN[kind])


_PLAIN: Mapping[FactType, type] = {FactType.BOOL: bool, FactType.STRING: str, FactType.OBJECT: dict}


def unknown_facts() -> Json:
    """Every declared fact of a request of which nothing is known: the values that open least (`engine.facts`)."""
    nothing: Json = {}
    for group in dict.fromkeys(name.partition(".")[0] for name in FACTS):
        nothing |= absent(group)
    return nothing | {
        "target.criticality": "high",
        "target.count": 1,
        "asset.criticality": "high",
        "identity.criticality": "high",
        "identity.other_administrators": -1,
        "intel.youngest_hours": NEVER_HOURS,
        "source.quality": "unknown",
        "budget.exceptions_hour": -1,
        "budget.class_size": -1,
    }


def facts_of(content: CasesDocument, case: Case, spec: ActionSpec) -> Json:
    """All facts of a case; those of its action are the action's own, and what follows from others is consistent."""
    said = {**content.start, **case.given}
    facts = {**unknown_facts(), **action_facts(spec), **said, "action.id": spec.id}
    derived: Json = {
        "target.protected": facts["target.criticality"] == "protected",
        "autonomy.bound": _bound(facts["autonomy.right"], facts["autonomy.verdicts"]),
    }
    return facts | {name: value for name, value in derived.items() if name not in said}


def _bound(right: JsonValue, verdicts: JsonValue) -> float:
    if not isinstance(right, int) or not isinstance(verdicts, int):
        return 0.0
    return lower_bound(right, verdicts) if 0 <= right <= verdicts else 0.0


def action_facts(spec: ActionSpec) -> Json:
    """The facts that an action settles by itself."""
    return {
        "action.version": spec.version,
        "action.impact": int(spec.impact),
        "action.irreversible": spec.reversal is Reversal.IRREVERSIBLE,
        "action.self_healing": spec.reversal is Reversal.SELF_HEALING,
        "action.lasting": spec.lasting,
        "target.kind": spec.target.value,
    }


def spec_of(case: Case, specs: Specs) -> ActionSpec:
    """The case's action; one that the policy only foresees is as the case says, or else small and reversible."""
    known = specs.get(case.action)
    if known is not None:
        return known
    irreversible = case.given.get("action.irreversible") is True
    impact = case.given.get("action.impact")
    return ActionSpec(
        id=case.action,
        summary="foreseen",
        params=Params,
        target=TargetKind.RECORD,
        impact=Impact(impact) if isinstance(impact, int) and impact in tuple(Impact) else Impact.LOW,
        reversal=Reversal.IRREVERSIBLE if irreversible else Reversal.REVERSIBLE,
    )
