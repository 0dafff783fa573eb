"""What a policy answers at once is what its clauses answer one by one, their errors word for word."""

import json
from collections.abc import Callable, Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.documents import Position
from engine.expressions import Expressions, Prepared, Refusal, Wants
from engine.fact_table import FACTS
from engine.model.base import Json
from engine.model.policy import Exemption, PolicyDocument
from engine.policy_file import Answers, Clause, Policy

MakeFacts = Callable[..., Json]
MakePolicy = Callable[..., Policy]

ACTIONS = ("network.block_ip", "host.isolate", "host.erase", "notify")
ELSEWHERE = "nobody.named"
CONDITIONS = (
    "true",
    "target.zone == 'outside'",
    "target . zone == 'inside' // told apart",
    "target.zone == 'outside' && finding.tags[0] == 'x'",
    "finding.tags[0] == 'x' || target.criticality == 'low'",
    "target.criticality in ['critical', 'high'] && !request.person",
    "finding.confidence >= 0.9",
    "size(finding.tags) > 0",
    "10 / intel.independent_origins > 4",
    "action.params.sure",
    "has(action.params.sure) && action.params.sure",
    "finding.tags.exists(target, target == 'x')",
)
VALUES: dict[str, tuple[JsonValue, ...]] = {
    "target.zone": ("inside", "outside", ""),
    "target.criticality": ("low", "critical"),
    "finding.tags": ([], ["x"], ["y", "x"]),
    "finding.confidence": (0.5, 0.95, 1),
    "intel.independent_origins": (0, 1, 3),
    "request.person": (True, False),
    "action.params": ({}, {"sure": True}, {"sure": "yes"}),
}
UNFIT: dict[str, tuple[JsonValue, ...]] = {
    "target.zone": (None, 3, "out\0side"),
    "target.criticality": (True, "\ud800"),
    "finding.tags": ("x", ["x", 1]),
    "finding.confidence": ("high", float("nan"), 10**400),
    "intel.independent_origins": (1.0, True, 2**60),
    "request.person": (0, "true"),
    "action.params": ([], {"sure": "\0"}),
}

when = st.sampled_from(CONDITIONS)
named = st.lists(st.sampled_from(ACTIONS), max_size=3, unique=True)
kinds = st.sampled_from(("forbid", "observe", "raise", "exception"))
rows = st.lists(st.tuples(named.filter(bool), when), max_size=4)
rules = st.lists(st.tuples(kinds, named, st.lists(when, min_size=1, max_size=3)), max_size=5)
scopes = st.lists(when, max_size=2)
fitting = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
unfit = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in UNFIT.items()})


def row_of(number: int, actions: list[str], condition: str) -> Json:
    return {"id": f"row-{number}", "actions": [*actions], "when": condition, "tier": 2, "because": "b"}


def rule_of(number: int, kind: str, actions: list[str], conditions: list[str]) -> Json:
    sure: Json = {"enabled": number > 0, "floor": 2, "confidence": 0.9, "veto": "1m", "lease": "1m"}
    plain: Json = {"when": conditions[0]}
    own: dict[str, Json] = {"exception": {**sure, "conditions": [*conditions]}, "raise": {**plain, "to": 3}}
    return {"id": f"rule-{number}", "kind": kind, "actions": [*actions], "because": "b", **own.get(kind, plain)}


def concerned(document: PolicyDocument, action: str) -> Iterator[tuple[Clause, tuple[str, ...]]]:
    """Every clause that speaks of the action, and its conditions, in the order of the file."""
    yield from ((row, (row.when,)) for row in document.matrix if action in row.actions)
    for rule in document.rules:
        if not rule.actions or action in rule.actions:
            if not isinstance(rule, Exemption):
                yield rule, (rule.when,)
            elif rule.enabled:
                yield rule, rule.conditions
    yield from ((scope, (scope.when,)) for scope in document.enforcement.scopes)


def one_by_one(document: PolicyDocument, action: str, facts: Json) -> Answers:
    """Each condition compiled and evaluated by itself, on all facts that are as declared."""
    language = Expressions({name: kind for name, (kind, _) in FACTS.items()})
    activation = language.prepare(facts).activation(dict.fromkeys(facts, lambda _: True))
    holding: list[Clause] = []
    broken: list[tuple[Clause, str]] = []
    for clause, sources in concerned(document, action):
        compiled = [language.compile(source, Wants.BOOL, Position("one.yaml", 1, 1)) for source in sources]
        answers = [expression.holds_in(activation) for expression in compiled]
        refusals = [answer for answer in answers if isinstance(answer, Refusal)]
        if all(answer is True for answer in answers):
            holding.append(clause)
        elif not any(answer is False for answer in answers):
            broken.append((clause, refusals[0].reason))
    return Answers(tuple(holding), tuple(broken))


@settings(max_examples=150, deadline=None)
@given(matrix=rows, said=rules, watched=scopes, good=fitting, bad=unfit, action=st.sampled_from((*ACTIONS, ELSEWHERE)))
def test_all_at_once_is_one_by_one(
    matrix: list[tuple[list[str], str]], said: list[tuple[str, list[str], list[str]]], watched: list[str],
    good: Json, bad: Json, action: str, make_policy: MakePolicy, make_facts: MakeFacts,
) -> None:  # fmt: skip
    policy = make_policy(
        json.dumps([row_of(number, *row) for number, row in enumerate(matrix)]),
        json.dumps([rule_of(number, *rule) for number, rule in enumerate(said)]),
        json.dumps({"scopes": [{"id": f"s-{n}", "when": scope, "mode": "observe"} for n, scope in enumerate(watched)]}),
    )
    fit = {name: value for name, value in {**make_facts(), **good}.items() if name not in bad}
    prepared: Prepared = policy.language.prepare({**fit, **bad})
    assert policy.chapter(action).ask(prepared) == one_by_one(policy.document, action, fit)
