"""What holds of every decision: total, blind to order, no rule but an exception ever allows more (I9), and what is
protected takes two people (I5)."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.decide import decide
from engine.documents import Position
from engine.expressions import Wants
from engine.fact_table import FACTS
from engine.model.base import Json
from engine.model.decision import Decision, Effect, OnExpiry, Tier
from engine.model.policy import Exemption
from engine.policy_file import Chapter, Clause, Policy
from engine.ports import Specs

MakeFacts = Callable[..., Json]
MakePolicy = Callable[..., Policy]

ACTION = "network.block_ip"
CONDITIONS = (
    "true",
    "target.zone == 'outside'",
    "target.criticality == 'critical'",
    "intel.independent_origins >= 2",
    "size(intel.warnings) > 0",
    "finding.confidence >= 0.9",
    "request.person",
    "finding.tags[0] == 'x'",
    "action.params.count > 3",
)
WHEN = tuple(enumerate(CONDITIONS))
ROWS = {
    f"row-{n}-{tier}": f'actions: [{ACTION}], when: "{when}", tier: {tier}, because: b{n}, lease: {n + 1}m'
    for n, when in WHEN
    for tier in range(5)
}
RULES = {
    **{
        f"rule-{n}-{kind}": f'kind: {kind}, when: "{when}", because: r{n}'
        for n, when in WHEN
        for kind in ("forbid", "observe")
    },
    **{
        f"lift-{n}-{to}": f'kind: raise, to: {to}, when: "{when}", because: l{n}' for n, when in WHEN for to in range(5)
    },
}
SURE = "kind: exception, enabled: true, veto: 1m, lease: 1m"
EXCEPTIONS = {
    f"sure-{n}-{floor}-{share}": f'{SURE}, floor: {floor}, confidence: 0.{share}, conditions: ["{when}"], because: e{n}'
    for n, when in WHEN
    for floor in (1, 2)
    for share in (50, 95)
}
OBSERVING = "{default: enforce, scopes: [{id: watched, when: 'true', mode: observe}]}"


def listed(clauses: dict[str, str]) -> str:
    return "[" + ", ".join(f"{{id: {name}, {body}}}" for name, body in clauses.items()) + "]"


rows = st.lists(st.sampled_from(sorted(ROWS)), max_size=4, unique=True)
rules = st.lists(st.sampled_from(sorted(RULES)), max_size=3, unique=True)
exceptions = st.lists(st.sampled_from(sorted(EXCEPTIONS)), max_size=2, unique=True)
shares = st.sampled_from((0.0, 0.3, 0.59, 0.6, 0.7, 0.85, 0.9, 0.95, 0.97, 0.99, 1.0))
facts_changes = st.fixed_dictionaries(
    {
        "finding.confidence": shares,
        "autonomy.bound": shares,
        "autonomy.verdicts": st.sampled_from((0, 29, 30, 400)),
        "autonomy.granted_tier": st.integers(0, 2),
        "finding.hand_fed": st.booleans(),
        "request.person": st.booleans(),
        "request.interim": st.booleans(),
        "target.protected": st.booleans(),
        "target.zone": st.sampled_from(("inside", "outside")),
        "target.criticality": st.sampled_from(("low", "critical")),
        "intel.independent_origins": st.integers(0, 2),
        "intel.warnings": st.sampled_from(([], ["cdn"])),
        "finding.tags": st.sampled_from(([], ["x"], ["y"])),
        "action.params": st.sampled_from(({}, {"count": 5}, {"count": "many"})),
    }
)


Draw = Callable[[Sequence[str]], Policy]
Decide = Callable[[Json, str], Decision]


@pytest.fixture(scope="module")
def draw(make_policy: MakePolicy) -> Draw:
    """The policy of some of the clauses only, in that order; to read a whole file for each would take minutes."""
    pool = make_policy(listed(ROWS), listed({**RULES, **EXCEPTIONS}), OBSERVING)
    known = {clause.id: clause for clause, _ in pool.chapter(ACTION).clauses}
    at = Position("drawn.yaml", 1, 1)

    def policy_of(names: Sequence[str]) -> Policy:
        conditions = [_conditions(known[name]) for name in names]
        compiled = [pool.language.compile(source, Wants.BOOL, at) for sources in conditions for source in sources]
        counted = zip((known[name] for name in names), map(len, conditions), strict=True)
        return replace(pool, chapters={ACTION: Chapter(tuple(counted), pool.language.together(compiled))})

    return policy_of


def _conditions(clause: Clause) -> tuple[str, ...]:
    return clause.conditions if isinstance(clause, Exemption) else (clause.when,)


def allowed(decision: Decision) -> int:
    """0 nothing is done, 1 people are asked, 2 it is done unless somebody objects, 3 it is done."""
    if decision.effect is Effect.ASK:
        return 2 if decision.obligations.on_expiry is OnExpiry.ACT else 1
    return 3 if decision.effect is Effect.EXECUTE else 0


@settings(max_examples=300, deadline=None)
@given(
    matrix=rows, before=rules, lowered=exceptions, added=st.sampled_from(sorted(RULES)), changes=facts_changes,
    observing=st.booleans(),
)  # fmt: skip
def test_adding_a_rule_that_is_no_exception_never_allows_more(
    matrix: list[str], before: list[str], lowered: list[str], added: str, changes: Json, observing: bool,
    draw: Draw, make_facts: MakeFacts, specs: Specs,
) -> None:  # fmt: skip
    names = [*matrix, *(rule for rule in before if rule != added), *lowered, *(["watched"] * observing)]
    facts, spec = make_facts(changes), specs.get(ACTION)
    without = decide(draw(names), facts, spec)
    more = decide(draw([*names, added]), facts, spec)
    assert allowed(more) <= allowed(without)
    assert more.tier >= without.tier
    assert allowed(more) == 0 or more.obligations.quorum >= without.obligations.quorum
    assert allowed(more) == 0 or more.obligations.lease <= without.obligations.lease


@settings(max_examples=200, deadline=None)
@given(matrix=rows, said=rules, lowered=exceptions, changes=facts_changes)
def test_a_tripped_budget_never_allows_more_and_lets_nothing_act_by_itself(
    matrix: list[str], said: list[str], lowered: list[str], changes: Json,
    draw: Draw, make_facts: MakeFacts, specs: Specs,
) -> None:  # fmt: skip
    facts, spec, names = make_facts(changes), specs.get(ACTION), [*matrix, *said, *lowered]
    without = decide(draw(names), facts, spec)
    tripped = decide(draw(names), {**facts, "budget.tripped": "site"}, spec)
    assert allowed(tripped) <= (allowed(without) if without.tier == Tier.LOOK else min(allowed(without), 1))
    assert tripped.tier >= without.tier
    assert tripped.tier == without.tier or tripped.obligations.quorum >= 1


@settings(max_examples=200, deadline=None)
@given(matrix=rows, said=rules, lowered=exceptions, changes=facts_changes, tier=st.sampled_from([3, 4]))
def test_harm_never_allows_more_and_has_people_asked(
    matrix: list[str], said: list[str], lowered: list[str], changes: Json, tier: int,
    draw: Draw, make_facts: MakeFacts, specs: Specs,
) -> None:  # fmt: skip
    facts, spec, names = make_facts(changes), specs.get(ACTION), [*matrix, *said, *lowered]
    without = decide(draw(names), facts, spec)
    harmed = decide(draw(names), {**facts, "harm.tier": tier, "harm.because": "it did"}, spec)
    assert allowed(harmed) <= min(allowed(without), 1)
    assert harmed.tier == max(tier, without.tier)
    assert harmed.obligations.quorum >= max(tier - 2, without.obligations.quorum)
    # An exception acts for less time than people may agree to, and is none any more.
    excepted = without.obligations.on_expiry is OnExpiry.ACT
    assert excepted or harmed.obligations.lease <= without.obligations.lease


@settings(max_examples=200, deadline=None)
@given(matrix=rows, said=rules, lowered=exceptions, changes=facts_changes)
def test_what_is_protected_takes_tier_4_whatever_is_said_about_it(
    matrix: list[str], said: list[str], lowered: list[str], changes: Json,
    draw: Draw, make_facts: MakeFacts, specs: Specs,
) -> None:  # fmt: skip
    facts = make_facts({**changes, "target.protected": True})
    decision = decide(draw([*matrix, *said, *lowered]), facts, specs.get(ACTION))
    assert decision.tier == Tier.ASK_TWO
    assert allowed(decision) <= 1
    assert allowed(decision) == 0 or decision.obligations.quorum >= 2


@settings(max_examples=200, deadline=None)
@given(matrix=rows, said=rules, lowered=exceptions, changes=facts_changes, data=st.data())
def test_the_order_of_rows_and_rules_means_nothing(
    matrix: list[str], said: list[str], lowered: list[str], changes: Json, data: st.DataObject,
    draw: Draw, make_facts: MakeFacts, specs: Specs,
) -> None:  # fmt: skip
    facts, spec, names = make_facts(changes), specs.get(ACTION), [*matrix, *said, *lowered]
    shuffled = data.draw(st.permutations(names))
    assert decide(draw(shuffled), facts, spec) == decide(draw(names), facts, spec)


json_values: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=6)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
    max_leaves=5,
)
INTERIM = "{action: network.block_ip, target: = finding.destination.ip, params: {port: = finding.destination.port}}"
ASKING = {"asking": f"actions: [host.isolate], tier: 4, because: c, groups: [= target.owner], interim: [{INTERIM}]"}


@pytest.fixture(scope="module")
def decide_broadly(make_policy: MakePolicy, specs: Specs) -> Decide:
    """Decides by many rows, rules and exceptions, with approver groups and an interim that come from facts."""
    policy = make_policy(listed({**ROWS, **ASKING}), listed({**RULES, **EXCEPTIONS}))
    return lambda facts, action: decide(policy, facts, specs.get(action))


@settings(max_examples=300, deadline=None)
@given(
    facts=st.dictionaries(st.one_of(st.sampled_from(sorted(FACTS)), st.text(max_size=5)), json_values, max_size=40),
    action=st.sampled_from((ACTION, "host.isolate", "host.erase", "notify", "nothing")),
)
def test_any_facts_are_decided_and_broken_ones_never_act(facts: Json, action: str, decide_broadly: Decide) -> None:
    decision = decide_broadly(facts, action)
    assert allowed(decision) <= 1
    assert decide_broadly(decision.facts, action) == decision
