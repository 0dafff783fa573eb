"""What no facts can make a policy say; and where they can, the facts that do."""

from dataclasses import replace
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.decide import decide
from engine.gates import Claim
from engine.model.action import ActionSpec
from engine.model.decision import Tier
from engine.model.policy import PolicyDocument
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
