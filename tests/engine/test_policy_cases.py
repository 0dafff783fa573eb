"""Files of cases: what does not fit is told at its place, and facts that nobody gives open least."""

from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.errors import InvalidFile
from engine.fact_table import FACTS
from engine.gates import read_claim
from engine.policy_cases import beside, facts_of, load_cases, spec_of, unknown_facts
from engine.policy_file import Policy, load_policy

SPECS = ActionSpecs()
BASELINE = Path(__file__).parents[2] / "policies" / "baseline.yaml"


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(BASELINE, SPECS)


def wrong(text: str, policy: Policy, folder: Path) -> list[str]:
    file = folder / "mine.cases.yaml"
    file.write_text(text)
    with pytest.raises(InvalidFile) as caught:
        load_cases(file, policy, SPECS)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def case(body: str) -> str:
    return f"policy: baseline\ncases:\n  - {{id: one, {body}}}\n"


EXPECT = "expect: {tier: 1, effect: observe}"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (case(f"action: mail.quarantine, given: {{target.colour: red}}, {EXPECT}"), "no fact `target.colour`"),
        (case(f"action: mail.quarantine, given: {{target.count: many}}, {EXPECT}"), "`target.count` is of type int"),
        (case(f"action: mail.quarantine, given: {{target.known: 1}}, {EXPECT}"), "`target.known` is of type bool"),
        (case(f"action: mail.quarantine, given: {{finding.tags: [1]}}, {EXPECT}"), "is of type list(string)"),
        (case(f"action: mail.quarantine, given: {{action.impact: 0}}, {EXPECT}"), "is what the action itself says"),
        (case(f"action: mail.burn, {EXPECT}"), "there is no action `mail.burn`"),
        (case("action: ticket, expect: {tier: 5, effect: observe}"), "`cases.0.expect.tier`: input should be 0, 1"),
        (case("action: ticket, expect: {tier: 0, effect: explode}"), "`cases.0.expect.effect`: input should be"),
        (case(f"action: ticket, enabled: [x], {EXPECT}"), "the policy has no exception `x`"),
        (case(f"action: ticket, {EXPECT}").replace("baseline", "other"), "these are cases of `other`"),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(text: str, problem: str, policy: Policy, tmp_path: Path) -> None:
    [told] = wrong(text, policy, tmp_path)
    place, _, message = told.partition(": ")
    assert problem in message
    assert place.startswith("mine.cases.yaml:")
    assert place.count(":") == 2


def test_everything_wrong_is_told_at_once(policy: Policy, tmp_path: Path) -> None:
    twice = f"  - {{id: one, action: ticket, given: {{time.hour: late}}, {EXPECT}}}\n"
    told = wrong(f"policy: baseline\nstart: {{x.y: 1}}\ncases:\n{twice}{twice}", policy, tmp_path)
    assert [line.split(":")[1] for line in told] == ["2", "4", "5", "5"]


def test_there_is_nothing_to_test_without_a_case(policy: Policy, tmp_path: Path) -> None:
    [told] = wrong("policy: baseline\ncases: []\n", policy, tmp_path)
    assert told == "mine.cases.yaml:2:8: there is no case"


def test_facts_that_nobody_gives_open_least(policy: Policy) -> None:
    facts = unknown_facts()
    claim = read_claim(policy.document.confidence, facts)
    assert facts.keys() == FACTS.keys()
    assert (claim.person, claim.confidence, claim.bound, claim.granted) == (False, 0.0, 0.0, 0)
    assert {facts["target.criticality"], facts["asset.criticality"], facts["identity.criticality"]} == {"high"}
    assert facts["source.quality"] == "unknown"


def test_what_follows_from_the_given_is_consistent(policy: Policy) -> None:
    content = load_cases(beside(BASELINE), policy, SPECS).content
    cases = {case.id: case for case in content.cases}
    protected = facts_of(content, cases["contain-protected"], spec_of(cases["contain-protected"], SPECS))
    kill = spec_of(cases["kill"], SPECS)
    assert (protected["target.protected"], protected["action.impact"], protected["target.kind"]) == (True, 2, "host")
    assert protected["autonomy.bound"] == pytest.approx(0.993, abs=0.001)
    assert facts_of(content, cases["kill"], kill)["action.id"] == "process.kill"
