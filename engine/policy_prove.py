"""What no facts can make a policy say: proved by trying all that its conditions can tell apart.

Three things are asked of every action: 1. nothing protected is touched below tier 4; 2. nothing irreversible is done
below tier 4; 3. nothing acts by itself without the bar: an action that changes something has no tier 0, and tiers 1 and
2 take measured precision or a grant that stands in for it, an exception the measured precision alone, and neither is
ever for a finding fed by hand or for what was taken back.

Clauses that share no fact are tried apart, and only which of them hold is combined: rows, raises and exceptions, for
these alone give a tier. What is asked of a request besides (`engine.gates.Claim`) is tried on both sides of every bar.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from pydantic import JsonValue

from engine.condition_subset import Mentioned, Outside, read_condition, samples
from engine.documents import Position
from engine.expressions import Wants
from engine.gates import Claim
from engine.model.action import ActionSpec, Impact, Params, Reversal, TargetKind
from engine.model.base import Json
from engine.model.decision import Tier
from engine.model.policy import Exemption, Raise, Row
from engine.policy_cases import action_facts
from engine.policy_file import Answers, Chapter, Clause, Policy
from engine.ports import Specs
from engine.ruling import Ruling, rule

CLAIMED = ("request.person", "finding.hand_fed", "target.protected", "autonomy.bound", "finding.confidence",
           "autonomy.granted_tier", "autonomy.demoted_tier")  # fmt: skip
"""Facts that are part of a claim, and may be asked about by conditions too."""


@dataclass(frozen=True)
class Counterexample:
    """Facts under which something is said that must never be."""

    broken: str
    action: str
    tier: int
    facts: Json
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """What was `tried`; nothing is proved where a condition is `outside` the subset or a counterexample is found."""

    actions: int
    tried: int
    outside: tuple[str, ...]
    counterexamples: tuple[Counterexample, ...]

    @property
    def holds(self) -> bool:
        """Whether everything is proved."""
        return not self.outside and not self.counterexamples


def prove(policy: Policy, specs: Specs) -> Proof:
    """Try every action the policy can be asked about; at most one counterexample for each thing it breaks."""
    outside: dict[str, None] = {}
    found: list[Counterexample] = []
    tried, wanted = 0, [spec for name in sorted(policy.chapters) for spec in _specs(name, specs)]
    for spec in wanted:
        try:
            situations = _situations(policy, spec)
        except Outside as error:
            outside[str(error)] = None
            continue
        count, broken = _try(policy, spec, situations)
        tried += count
        found += broken
    return Proof(len(policy.chapters), tried, tuple(outside), tuple(found))


def _specs(name: str, specs: Specs) -> Sequence[ActionSpec]:
    """The action; one that is only foreseen in its mildest and in its gravest form."""
    known = specs.get(name)
    if known is not None:
        return (known,)
    mild = ActionSpec(id=name, summary="foreseen", params=Params, target=TargetKind.RECORD, impact=Impact.LOW)
    grave = {"impact": Impact.IRREVERSIBLE, "reversal": Reversal.IRREVERSIBLE}
    return mild, mild.model_copy(update=grave)


@dataclass(frozen=True)
class _Situation:
    """Which clauses hold, what conditions settled of the claim, and facts in which that is so."""

    holding: tuple[Clause, ...]
    claimed: tuple[tuple[str, JsonValue], ...]
    facts: Json


def _situations(policy: Policy, spec: ActionSpec) -> list[_Situation]:
    """Every set of clauses that can hold together."""
    clauses = [clause for clause, _ in policy.chapter(spec.id).clauses if isinstance(clause, Row | Raise | Exemption)]
    parts = [_part(policy, spec, *component) for component in _components(policy, clauses)]
    return [_together(chosen) for chosen in product(*parts)]


def _together(parts: Iterable[_Situation]) -> _Situation:
    chosen = list(parts)
    return _Situation(
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


def _conditions(clause: Clause) -> tuple[str, ...]:
    return clause.conditions if isinstance(clause, Exemption) else (clause.when,)


def _mentioned(policy: Policy, clause: Clause) -> Mentioned:
    """The facts of its conditions; those of a claim with the claim's own bars besides."""
    mentioned = Mentioned()
    for source in _conditions(clause):
        try:
            read_condition(source, mentioned)
        except Outside as error:
            raise Outside(f"`{clause.id}`: {error} is none of the conditions that can be proved about") from error
    if mentioned.literals.keys() & {"target.protected", "target.criticality"}:
        mentioned.add("target.protected")
        mentioned.add("target.criticality")
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


def _part(policy: Policy, spec: ActionSpec, clauses: Sequence[Clause], mentioned: Mentioned) -> list[_Situation]:
    """What can hold of clauses that share facts, each way once; what the action settles is not varied."""
    settled = {name: [value] for name, value in action_facts(spec).items()}
    varied = {name: settled.get(name, values) for name, values in samples(mentioned).items()}
    chapter = _chapter(policy, clauses)
    seen: dict[str, _Situation] = {}
    for values in product(*varied.values()):
        facts = dict(zip(varied, values, strict=True))
        if not _possible(facts):
            continue
        holding = chapter.ask(policy.language.prepare(facts)).holding
        claimed = tuple((name, facts[name]) for name in CLAIMED if name in facts)
        seen.setdefault(f"{[clause.id for clause in holding]}{claimed}", _Situation(holding, claimed, facts))
    return [*seen.values()]


def _possible(facts: Mapping[str, JsonValue]) -> bool:
    """`target.protected` says no more than `target.criticality`."""
    if "target.protected" not in facts:
        return True
    return facts["target.protected"] is (facts["target.criticality"] == "protected")


def _chapter(policy: Policy, clauses: Sequence[Clause]) -> Chapter:
    at = Position(policy.name, 1, 1)
    sources = (source for clause in clauses for source in _conditions(clause))
    compiled = [policy.language.compile(source, Wants.BOOL, at) for source in sources]
    counted = tuple((clause, len(_conditions(clause))) for clause in clauses)
    return Chapter(counted, policy.language.together(compiled))


def _try(policy: Policy, spec: ActionSpec, situations: Iterable[_Situation]) -> tuple[int, Sequence[Counterexample]]:
    tried, broken = 0, dict[str, Counterexample]()
    for situation in situations:
        for facts in _claims(policy, situation):
            tried += 1
            claim = _claim(facts)
            answers = Answers(situation.holding, ())
            ruling = rule(policy.document, policy.chapter(spec.id), answers, claim, spec)
            what = _broken(policy, spec, claim, ruling)
            if what and what not in broken:
                rules = tuple(sorted({reason.rule for reason in ruling.reasons}))
                broken[what] = Counterexample(what, spec.id, int(ruling.tier), {**situation.facts, **facts}, rules)
    return tried, [*broken.values()]


def _claims(policy: Policy, situation: _Situation) -> Iterator[Json]:
    """Every claim that can come with it, on both sides of every bar; what conditions settled is as they did."""
    either: Sequence[JsonValue] = [False, True]
    free: dict[str, Sequence[JsonValue]] = dict.fromkeys(CLAIMED[:3], either)
    free |= {name: [*bars] for name, bars in _bars(policy).items()}
    settled = dict(situation.claimed)
    varied = {name: [settled[name]] if name in settled else values for name, values in free.items()}
    return (dict(zip(varied, values, strict=True)) for values in product(*varied.values()))


def _claim(facts: Json) -> Claim:
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


def _broken(policy: Policy, spec: ActionSpec, claim: Claim, ruling: Ruling) -> str:
    if claim.protected and ruling.tier < Tier.ASK_TWO:
        return "something protected is touched below tier 4"
    if spec.reversal is Reversal.IRREVERSIBLE and ruling.tier < Tier.ASK_TWO:
        return "something irreversible is done below tier 4"
    if ruling.tier is Tier.LOOK and spec.impact > Impact.NONE:
        return "something is changed at tier 0, for which nothing has to be earned"
    if ruling.tier in (Tier.ACT, Tier.TELL) and not claim.person and not _earned(policy, claim, ruling):
        return "it acts by itself without having earned it"
    return ""


def _earned(policy: Policy, claim: Claim, ruling: Ruling) -> bool:
    bars = policy.document.autonomy
    if claim.hand_fed or 0 < claim.demoted <= ruling.tier:
        return False
    if ruling.exemptions:
        return claim.bound >= bars.exception
    return claim.granted >= ruling.tier or claim.bound >= (bars.act if ruling.tier is Tier.ACT else bars.tell)
