"""Every situation in which the rows, raises and exceptions of a policy can find a request, by its action.

Clauses that share no fact are tried apart, and only which of them hold is combined: rows, raises and exceptions, for
these alone give a tier. What is asked of a request besides (`engine.gates.Claim`) is tried on both sides of every bar.
Facts are made up that one may stand for all others between the same bars (`engine.condition_subset`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pydantic import JsonValue

from engine.condition_relations import possible, with_criticality
from engine.condition_subset import Mentioned, Outside, read_condition, samples
from engine.documents import Position
from engine.expressions import Wants
from engine.gates import Claim
from engine.model.action import ActionSpec, Impact, Params, Reversal, TargetKind
from engine.model.base import Json
from engine.model.policy import Exemption, Raise, Row
from engine.policy_cases import action_facts
from engine.policy_file import Chapter, Clause, Policy
from engine.ports import Specs

CLAIMED = ("request.person", "finding.hand_fed", "target.protected", "autonomy.bound", "finding.confidence",
           "autonomy.granted_tier", "autonomy.demoted_tier")  # fmt: skip
"""Facts that are part of a claim, and may be asked about by conditions too."""


def forms(name: str, specs: Specs) -> Sequence[ActionSpec]:
    """The action; one that is only foreseen in its mildest and in its gravest form."""
    known = specs.get(name)
    if known is not None:
        return (known,)
    mild = ActionSpec(id=name, summary="foreseen", params=Params, target=TargetKind.RECORD, impact=Impact.LOW)
    grave = {"impact": Impact.IRREVERSIBLE, "reversal": Reversal.IRREVERSIBLE}
    return mild, mild.model_copy(update=grave)


@dataclass(frozen=True)
class Situation:
    """Which clauses hold, what conditions settled of the claim, and facts in which that is so."""

    holding: tuple[Clause, ...]
    claimed: tuple[tuple[str, JsonValue], ...]
    facts: Json


def situations(policy: Policy, spec: ActionSpec) -> list[Situation]:
    """Every set of clauses that can hold together."""
    clauses = [clause for clause, _ in policy.chapter(spec.id).clauses if isinstance(clause, Row | Raise | Exemption)]
    parts = [_part(policy, spec, *component) for component in _components(policy, clauses)]
    return [_joined(chosen) for chosen in product(*parts)]


def _joined(parts: Iterable[Situation]) -> Situation:
    chosen = list(parts)
    return Situation(
        holding=tuple(clause for part in chosen for clause in part.holding),
        claimed=tuple(fact for part in chosen for fact in part.claimed),
        facts={name: value for part in chosen for name, value in part.facts.items()},
    )


def _components(policy: Policy, clauses: Iterable[Clause]) -> list[tuple[list[Clause], Mentioned]]:
    """Clauses that share facts, directly or by others, stand together."""
    groups: list[tuple[list[Clause], Mentioned]] = []
    for clause in clauses:
        together, mentioned = [clause], _mentioned(policy, clause)
        for group in [group for group in groups if group[1].literals.keys() & mentioned.literals.keys()]:
            groups.remove(group)
            together = [*group[0], *together]
            for fact, literals in group[1].literals.items():
                mentioned.add(fact, *literals)
        groups.append((together, mentioned))
    return groups


def conditions_of(clause: Clause) -> tuple[str, ...]:
    """Its conditions, all of which have to hold."""
    return clause.conditions if isinstance(clause, Exemption) else (clause.when,)


def _mentioned(policy: Policy, clause: Clause) -> Mentioned:
    """The facts of its conditions; those of a claim with the claim's own bars besides."""
    mentioned = Mentioned()
    for source in conditions_of(clause):
        try:
            read_condition(source, mentioned)
        except Outside as error:
            raise Outside(f"`{clause.id}`: {error} is none of the conditions that can be proved about") from error
    with_criticality(mentioned)
    for fact, bars in _bars(policy).items():
        if fact in mentioned.literals:
            mentioned.add(fact, *bars)
    return mentioned


def _bars(policy: Policy) -> Mapping[str, Sequence[float]]:
    """The numbers that a claim is held against."""
    bars = policy.document.autonomy
    asked = {rule.confidence for rule in policy.document.rules if isinstance(rule, Exemption) and rule.enabled}
    return {
        "autonomy.bound": sorted({0.0, bars.act, bars.tell, bars.exception}),
        "finding.confidence": sorted({0.0, *asked}),
        "autonomy.granted_tier": [0, 1, 2],
        "autonomy.demoted_tier": [0, 1, 2],
    }


def _part(policy: Policy, spec: ActionSpec, clauses: Sequence[Clause], mentioned: Mentioned) -> list[Situation]:
    """What can hold of clauses that share facts, each way once; what the action settles is not varied."""
    settled = {name: [value] for name, value in action_facts(spec).items()}
    varied = {name: settled.get(name, values) for name, values in samples(mentioned).items()}
    chapter = _chapter(policy, clauses)
    seen: dict[str, Situation] = {}
    for values in product(*varied.values()):
        facts = dict(zip(varied, values, strict=True))
        if not possible(facts):
            continue
        holding = chapter.ask(policy.language.prepare(facts)).holding
        claimed = tuple((name, facts[name]) for name in CLAIMED if name in facts)
        seen.setdefault(f"{[clause.id for clause in holding]}{claimed}", Situation(holding, claimed, facts))
    return [*seen.values()]


def _chapter(policy: Policy, clauses: Sequence[Clause]) -> Chapter:
    at = Position(policy.name, 1, 1)
    sources = (source for clause in clauses for source in conditions_of(clause))
    compiled = [policy.language.compile(source, Wants.BOOL, at) for source in sources]
    counted = tuple((clause, len(conditions_of(clause))) for clause in clauses)
    return Chapter(counted, policy.language.together(compiled))


def claims(policy: Policy, situation: Situation) -> Iterator[Json]:
    """Every claim that can come with it, on both sides of every bar; what conditions settled is as they did."""
    either: Sequence[JsonValue] = [False, True]
    free: dict[str, Sequence[JsonValue]] = dict.fromkeys(CLAIMED[:3], either)
    free |= {name: [*bars] for name, bars in _bars(policy).items()}
    settled = dict(situation.claimed)
    varied = {name: [settled[name]] if name in settled else values for name, values in free.items()}
    return (dict(zip(varied, values, strict=True)) for values in product(*varied.values()))


def claim_of(facts: Json) -> Claim:
    """The claim in such facts."""
    confidence, bound = facts["finding.confidence"], facts["autonomy.bound"]
    granted, demoted = facts["autonomy.granted_tier"], facts["autonomy.demoted_tier"]
    assert isinstance(confidence, int | float) and isinstance(bound, int | float)
    assert isinstance(granted, int) and isinstance(demoted, int)
    return Claim(
        person=facts["request.person"] is True,
        interim=False,
        hand_fed=facts["finding.hand_fed"] is True,
        protected=facts["target.protected"] is True,
        claimed=confidence,
        confidence=confidence,
        right=0,
        verdicts=0,
        bound=bound,
        granted=granted,
        grants=(),
        demoted=demoted,
    )
