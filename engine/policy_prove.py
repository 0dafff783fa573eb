"""What no facts can make a policy say: proved by trying all that its conditions can tell apart.

Asked is, of every action: 1. nothing protected is touched below tier 4; 2. nothing irreversible is done below tier 4;
3. nothing acts by itself without the bar: an action that changes something has no tier 0, and tiers 1 and 2 take
measured precision or a grant that stands in for it, an exception the measured precision alone, and neither is ever for
a finding fed by hand or for what was taken back; 4. no rule but an exception, if it were added, would allow more
(`engine.rule_added`). Of every condition: 5. it cannot fail (`engine.conditions_answer`). And where people are given:
6. whatever is asked can be answered by those on duty (`engine.answerable`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from engine.answerable import Question, Staff, remedy, unanswerable
from engine.condition_subset import Outside
from engine.conditions_answer import examine
from engine.gates import Claim
from engine.model.action import ActionSpec, Impact, Reversal
from engine.model.base import Json
from engine.model.decision import Tier
from engine.model.policy import Exemption, Raise, Row
from engine.obligations import oblige
from engine.policy_cases import action_facts, unknown_facts
from engine.policy_file import Answers, Clause, Policy
from engine.policy_situations import claim_of, claims, forms, situations
from engine.ports import Specs
from engine.rule_added import Adding, State
from engine.ruling import Ruling, rule


@dataclass(frozen=True)
class Counterexample:
    """Facts under which something is said that must never be."""

    broken: str
    action: str
    tier: int
    facts: Json
    rules: tuple[str, ...]
    remedy: str = ""
    """Whom it takes, where people could not answer."""


@dataclass(frozen=True)
class Proof:
    """What was `tried`; nothing is proved where a condition is `outside` the subset or a counterexample is found.

    `exempt` are expressions that may fail, each with what happens then. `staffed` is whether people were given.
    """

    actions: int
    tried: int
    outside: tuple[str, ...]
    counterexamples: tuple[Counterexample, ...]
    exempt: tuple[str, ...] = ()
    staffed: bool = False

    @property
    def holds(self) -> bool:
        """Whether everything is proved."""
        return not self.outside and not self.counterexamples


def prove(policy: Policy, specs: Specs, staff: Staff | None = None) -> Proof:
    """Try every action the policy can be asked about; at most one counterexample for each thing it breaks."""
    examined = examine(policy.document, policy.language)
    outside = dict.fromkeys(examined.outside)
    found = [Counterexample(one.why, "any action", int(Tier.ASK_TWO), one.facts, (one.id,)) for one in examined.failing]
    tried = 0
    for spec in (spec for name in sorted(policy.chapters) for spec in forms(name, specs)):
        try:
            states, count = _states(policy, spec)
        except Outside as error:
            outside[str(error)] = None
            continue
        tried += count
        found += _found(policy, spec, states)
        unanswered = () if staff is None else _unanswered(policy, spec, states, staff)
        told = {(one.broken, one.remedy) for one in found}
        found += {key: one for one in unanswered if (key := (one.broken, one.remedy)) not in told}.values()
    return Proof(len(policy.chapters), tried, tuple(outside), tuple(found), examined.exempt, staff is not None)


def _states(policy: Policy, spec: ActionSpec) -> tuple[Sequence[State], int]:
    """Everything that can be told apart about a request for this action, and how many situations that took."""
    states, seen, tried = list[State](), set[object](), 0
    made: dict[object, Sequence[tuple[Json, Claim]]] = {}
    for situation in situations(policy, spec):
        if situation.claimed not in made:
            made[situation.claimed] = [(facts, claim_of(facts)) for facts in claims(policy, situation)]
        every = made[situation.claimed]
        tried += len(every)
        key = frozenset(map(_heard, situation.holding)), situation.claimed
        if key not in seen:
            states += (State(situation.holding, claim, {**situation.facts, **facts}) for facts, claim in every)
        seen.add(key)
    return states, tried


def _heard(clause: Clause) -> object:
    """All that a tier depends on: of a raise it does not matter which one it is."""
    return clause.to if isinstance(clause, Raise) else clause.id if isinstance(clause, Row | Exemption) else None


def _ruled(policy: Policy, spec: ActionSpec, state: State) -> Ruling:
    return rule(policy.document, policy.chapter(spec.id), Answers(state.holding, ()), state.claim, spec)


def _found(policy: Policy, spec: ActionSpec, states: Sequence[State]) -> Sequence[Counterexample]:
    """At most one counterexample for each thing that is broken."""
    broken = dict[str, Counterexample]()
    adding = Adding(policy, spec)
    for state in states:
        ruling = _ruled(policy, spec, state)
        what = _broken(policy, spec, state.claim, ruling) or adding.allows_more(state, ruling)
        if what and what not in broken:
            broken[what] = _example(what, spec, state.facts, ruling)
    return [*broken.values()]


def _example(what: str, spec: ActionSpec, facts: Json, ruling: Ruling) -> Counterexample:
    rules = tuple(sorted({reason.rule for reason in ruling.reasons}))
    return Counterexample(what, spec.id, int(ruling.tier), facts, rules)


def _unanswered(policy: Policy, spec: ActionSpec, states: Sequence[State], staff: Staff) -> Iterator[Counterexample]:
    """The first request of each kind that nobody could answer, by the owners that its target may have."""
    asked: dict[object, tuple[State, Ruling]] = {}
    for state in states:
        ruling = _ruled(policy, spec, state)
        if ruling.tier >= Tier.ASK:
            asked.setdefault((tuple(row.id for row in ruling.rows), ruling.spoke), (state, ruling))
    for (state, ruling), owner in product(asked.values(), staff.owners):
        facts = {**state.facts, "target.owner": owner}
        prepared = policy.language.prepare({**unknown_facts(), **action_facts(spec), **facts})
        terms, _ = oblige(policy, ruling, prepared)
        question = Question(terms.quorum, terms.groups, terms.decide_in)
        why = unanswerable(question, staff)
        if why:
            yield replace(_example(f"nobody can answer: {why}", spec, facts, ruling), remedy=remedy(question))


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
