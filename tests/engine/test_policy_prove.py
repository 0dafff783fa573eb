"""What no facts can make a policy say; and where they can, the facts that do."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.answerable import Duty, Staff
from engine.conditions_answer import examine
from engine.decide import decide
from engine.gates import Claim
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.model.decision import Tier
from engine.model.policy import PolicyDocument, Raise
from engine.model.principal import Principal, Role
from engine.policy_cases import action_facts, unknown_facts
from engine.policy_file import Answers, Chapter, Policy, parse_policy
from engine.policy_prove import Proof, prove
from engine.ruling import Ruling, rule

SPECS = ActionSpecs()
FOLDER = Path(__file__).parents[2] / "policies"
BASELINE = (FOLDER / "baseline.yaml").read_text()
SMALL = BASELINE.partition("matrix:")[0] + "matrix: []\n" + BASELINE[BASELINE.index("budgets:") :]
"""The baseline without any row or rule."""


def parsed(rows: str = "[]", rules: str = "[]", text: str = SMALL) -> Policy:
    return parse_policy(f"{text.replace('matrix: []', f'matrix: {rows}')}rules: {rules}\n", "small.yaml", SPECS)


def proof(rows: str = "[]", rules: str = "[]") -> Proof:
    return prove(parsed(rows, rules), SPECS)


def test_the_baseline_holds() -> None:
    result = prove(parse_policy(BASELINE, "baseline.yaml", SPECS), SPECS)
    assert (result.outside, result.counterexamples, result.actions) == ((), (), 17)
    assert result.tried > 10_000


def test_the_demo_holds_too() -> None:
    assert prove(parse_policy((FOLDER / "demo.yaml").read_text(), "demo.yaml", SPECS), SPECS).holds


def test_a_policy_that_says_nothing_allows_nothing() -> None:
    assert proof().holds


ROW = "[{{id: new, actions: [{}], tier: {}, when: {}, because: new}}]"


def test_a_change_at_tier_0_needs_nothing_and_is_found_with_its_facts() -> None:
    policy = parsed(ROW.format("host.isolate", 0, "target.zone == 'lab' && target.count > 7"))
    [found] = prove(policy, SPECS).counterexamples
    assert (found.action, found.tier, found.broken) == (
        "host.isolate",
        0,
        "something is changed at tier 0, for which nothing has to be earned",
    )
    assert (found.facts["target.zone"], found.facts["target.count"]) == ("lab", 8)
    spec = SPECS.get("host.isolate")
    assert spec is not None
    facts = {**unknown_facts(), **action_facts(spec), **found.facts, "action.id": spec.id}
    assert decide(policy, facts, spec).tier == found.tier


@pytest.mark.parametrize("action", ["notify", "ticket", "enrich"])
def test_what_changes_nothing_may_be_at_tier_0(action: str) -> None:
    assert proof(ROW.format(action, 0, "'true'")).holds


def test_an_action_that_is_only_foreseen_is_tried_in_its_gravest_form() -> None:
    assert proof(ROW.format("host.reimage", 1, "'true'")).holds
    [mild] = proof(ROW.format("host.reimage", 0, "'true'")).counterexamples
    assert (mild.action, mild.tier) == ("host.reimage", 0)


def test_an_engine_that_forgot_its_floors_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def floorless(
        document: PolicyDocument, chapter: Chapter, answers: Answers, claim: Claim, spec: ActionSpec
    ) -> Ruling:
        return replace(rule(document, chapter, answers, claim, spec), tier=Tier.TELL)

    monkeypatch.setattr("engine.policy_prove.rule", floorless)
    assert {found.broken for found in proof().counterexamples} == {
        "something protected is touched below tier 4",
        "something irreversible is done below tier 4",
        "it acts by itself without having earned it",
    }


@pytest.mark.parametrize("when", ["finding.tags[0] == 'x'", "target.count / 2 > 1", "target.value.matches('^a')"])
def test_a_condition_that_nothing_can_be_proved_about_is_named(when: str) -> None:
    [outside] = {*proof(ROW.format("host.isolate", 3, f'"{when}"')).outside}
    assert outside.startswith("`new`: `")


def test_an_exception_never_comes_below_its_bar() -> None:
    sure = (
        "[{id: sure, kind: exception, enabled: true, floor: 1, confidence: 0.5, veto: 0s, lease: 1m, because: sure, "
        "conditions: [autonomy.granted_tier < 2]}]"
    )
    assert proof(ROW.format("host.isolate", 3, "'true'"), sure).holds


DENIES = "    on_expiry: deny\n    tell: [owner, it-operations, help-desk, on-call, lead]"


def asking(text: str) -> Proof:
    """The proof of one row that asks about a lab host."""
    row = ROW.format("host.isolate", 3, "target.zone == 'lab'")
    return prove(parsed(row, text=text), SPECS)


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("quorum: 1", "quorum: 3", "2 approvers instead of 3"),
        (DENIES, DENIES.replace("deny", "hold"), "silence holds the interim, which it did not"),
    ],
)  # fmt: skip
def test_a_rule_that_would_allow_more_if_it_were_added_is_found_with_its_facts(old: str, new: str, more: str) -> None:
    assert SMALL.count(old) == 1
    [found] = {one.broken: one for one in asking(SMALL.replace(old, new)).counterexamples}.values()
    assert found.broken == f"a rule that raises to tier 4 would allow more: {more}"
    assert (found.action, found.tier, found.rules, found.facts["target.zone"]) == ("host.isolate", 3, ("new",), "lab")


def test_an_engine_in_which_a_raise_lowers_would_be_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def lowering(
        document: PolicyDocument, chapter: Chapter, answers: Answers, claim: Claim, spec: ActionSpec
    ) -> Ruling:
        ruling = rule(document, chapter, answers, claim, spec)
        return replace(ruling, tier=Tier.LOOK) if any(lift.id == "added" for lift in answers.of(Raise)) else ruling

    monkeypatch.setattr("engine.rule_added.rule", lowering)
    broken = {found.broken for found in proof().counterexamples}
    assert broken == {"a rule that raises to tier 1 would allow more: tier 0 instead of 4"}


@pytest.mark.parametrize(
    ("when", "facts"),
    [
        ("10 / target.count > 2", {"target.count": 0}),
        ("intel.warnings[0] == 'x'", {"intel.warnings": []}),
        ("target.count * target.count > 2", {"target.count": 2**53 - 1}),
    ],
)
@pytest.mark.parametrize("kind", ["forbid", "observe", "raise, to: 3"])
def test_a_condition_that_some_facts_make_fail_is_found_with_them(when: str, facts: Json, kind: str) -> None:
    policy = parsed(rules=f'[{{id: new, kind: {kind}, when: "{when}", because: new}}]')
    examined = examine(policy.document, policy.language)
    [failing], [outside] = examined.failing, examined.outside
    assert (failing.facts, failing.id) == (facts, "new")
    assert failing.why.startswith("`new` gives no answer: ")
    assert outside.startswith("`new`: `")


def test_what_fails_anywhere_in_a_policy_disproves_it() -> None:
    text = SMALL.replace("default: observe", "scopes: [{id: half, when: 1 / target.count == 1, mode: observe}]", 1)
    [found] = prove(parsed(text=text), SPECS).counterexamples
    assert (found.rules, found.facts) == (("half",), {"target.count": 0})


def test_an_expression_that_may_fail_is_exempt_and_said_to_be() -> None:
    policy = parse_policy(BASELINE, "baseline.yaml", SPECS)
    assert [one.partition(":")[0] for one in examine(policy.document, policy.language).exempt] == [
        "`inside`",
        "`inside-critical`",
        "`contain-protected`",
    ]


STAFF = Staff(
    people=(
        Principal(id="anna", name="Anna", roles=(Role.APPROVER,), groups=("responders",)),
        Principal(id="tom", name="Tom", roles=(Role.APPROVER,), groups=("responders",)),
        Principal(id="kai", name="Kai", roles=(Role.APPROVER,)),
    ),
    duties=(Duty(datetime(2026, 11, 23, tzinfo=UTC), frozenset({"anna", "tom", "kai"})),),
    owners=("", "db-owners"),
)


def test_what_nobody_on_duty_can_answer_is_found_with_the_owner_of_the_target() -> None:
    row = "[{id: new, actions: [host.isolate], tier: 4, groups: [= target.owner], because: new}]"
    assert prove(parsed(), SPECS, STAFF).holds
    [found] = prove(parsed(row), SPECS, STAFF).counterexamples
    assert found.broken == "nobody can answer: Mon 00:00 UTC, nobody of `db-owners` is there"
    assert (found.action, found.tier, found.rules[0]) == ("host.isolate", 4, "new")
    assert found.facts["target.owner"] == "db-owners"


def test_a_quorum_that_is_larger_than_the_crew_is_found() -> None:
    row = "[{id: new, actions: [host.isolate], tier: 4, quorum: 3, because: new}]"
    [found] = prove(parsed(row), SPECS, STAFF).counterexamples
    assert found.broken == "nobody can answer: Mon 00:00 UTC, 3 are needed of tom, kai, where anna may not vote"
