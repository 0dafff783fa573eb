"""What a policy excludes and protects for a while: it only restricts, until the very instant it ends."""

from collections.abc import Callable

import pytest

from engine.errors import InvalidFile
from engine.exclusions import Restrictions, restrictions
from engine.model.base import Json
from engine.model.decision import Decision, Effect
from engine.policy_file import Policy, parse_policy
from engine.ports import Specs

MakePolicy = Callable[..., Policy]
Decided = Callable[..., Decision]
MakeFacts = Callable[..., Json]

OWNED = "owner: db-owners, reason: migration"
ENDS = "expires_at: 2026-12-01T00:00:00Z"
BEFORE, END, LATER = "2026-11-30T23:59:59.999999+00:00", "2026-12-01T00:00:00+00:00", "2026-12-01T01:00:00+00:00"
BLOCK, ISOLATE = "network.block_ip", "host.isolate"
TARGET: Json = {"target.value": "10.20.4.17", "target.names": ["10.20.4.17", "10.20.4.18", "files-02"]}


@pytest.fixture(scope="module")
def excluding(make_policy: MakePolicy, matrix: str, rules: str) -> MakePolicy:
    """`excluding("targets: [files-02]")`: the small policy with one exclusion, or one protection."""

    def make(scope: str, section: str = "exclusions", end: str = ENDS) -> Policy:
        return make_policy(matrix, rules, more=f"{section}: [{{id: calm, {scope}, {OWNED}{end and f', {end}'}}}]\n")

    return make


@pytest.mark.parametrize(
    ("scope", "action", "changes", "effect"),
    [
        ("targets: [files-02]", BLOCK, {}, "deny"),
        ("targets: [FILES-02.]", BLOCK, {}, "deny"),
        ("targets: [10.20.4.18]", BLOCK, {}, "deny"),
        ("targets: [10.20.4.0/24]", BLOCK, {}, "deny"),
        ('targets: ["::ffff:10.20.4.17"]', BLOCK, {}, "deny"),
        ("targets: [other, files-02]", BLOCK, {}, "deny"),
        ("targets: [files-03, 10.20.5.0/24]", BLOCK, {}, "execute"),
        ("targets: [10.20.4.99]", BLOCK, {"target.value": "10.20.4.0/24", "target.names": []}, "deny"),
        ("targets: [10.20.4.17]", BLOCK, {"target.names": []}, "deny"),
        ("targets: [files-03]", BLOCK, {"target.value": 7, "target.names": []}, "deny"),
        ("targets: [files-02], actions: [host.isolate]", BLOCK, {}, "execute"),
        ("targets: [files-02], actions: [network.block_ip]", BLOCK, {}, "deny"),
        ("targets: [files-02]", BLOCK, {"request.person": True}, "deny"),
        ("targets: [files-02]", "notify", {}, "execute"),
        ("when: 'target.segment == \"lab\"'", BLOCK, {"target.segment": "lab"}, "deny"),
        ("when: 'target.segment == \"lab\"'", BLOCK, {"target.segment": "guest"}, "execute"),
        ("targets: [files-02], when: time.hour < 6", BLOCK, {"time.hour": 5}, "deny"),
        ("targets: [files-02], when: time.hour < 6", BLOCK, {"time.hour": 6}, "execute"),
        ("targets: [files-03], when: time.hour < 6", BLOCK, {"time.hour": 5}, "execute"),
        ("when: 'action.params.port > 3'", BLOCK, {}, "deny"),
        ("targets: [files-03], when: 'action.params.port > 3'", BLOCK, {}, "execute"),
    ],
)
def test_what_an_exclusion_covers_is_denied(
    scope: str, action: str, changes: Json, effect: str, excluding: MakePolicy, decided: Decided
) -> None:
    facts = {**TARGET, "intel.independent_origins": 2, **changes}
    assert decided(facts, action, excluding(scope)).effect == effect


@pytest.mark.parametrize(
    ("now", "effect"),
    [(BEFORE, "deny"), (END, "execute"), (LATER, "execute"), ("", "deny"), ("soon", "deny"), ("2027-01-01", "deny")],
)
@pytest.mark.parametrize("scope", ["targets: [files-02]", "when: 'action.params.port > 3'"])
def test_it_counts_until_the_instant_it_ends_and_without_a_time(
    scope: str, now: str, effect: str, excluding: MakePolicy, decided: Decided
) -> None:
    facts: Json = {**TARGET, "intel.independent_origins": 2, "time.now": now}
    assert decided(facts, BLOCK, excluding(scope)).effect == effect


def test_the_decision_names_the_exclusion_its_owner_end_and_reason_last(
    excluding: MakePolicy, decided: Decided
) -> None:
    decision = decided(TARGET, BLOCK, excluding("targets: [files-02]"))
    assert "calm" in decision.rules
    last = decision.reasons[-1]
    assert (last.rule, last.text) == ("calm", "excluded by db-owners until 2026-12-01T00:00+00:00: migration")


def test_one_that_gives_no_answer_says_so(excluding: MakePolicy, decided: Decided) -> None:
    text = decided(TARGET, BLOCK, excluding("when: 'action.params.port > 3'")).reasons[-1].text
    assert text.startswith("excluded by db-owners until 2026-12-01T00:00+00:00: migration (it gave no answer: ")


@pytest.mark.parametrize(
    ("scope", "end", "now", "tier"),
    [
        ("targets: [files-02]", ENDS, BEFORE, 4),
        ("targets: [files-02]", ENDS, END, 1),
        ("targets: [files-02]", ENDS, "", 4),
        ("targets: [files-02]", "", LATER, 4),
        ("targets: [files-03]", "", LATER, 1),
        ("when: target.known", "", LATER, 1),
        ("when: '!target.known'", "", LATER, 4),
        ("when: 'action.params.port > 3'", "", LATER, 4),
        ("when: 'action.params.port > 3'", ENDS, LATER, 1),
    ],
)
def test_what_a_policy_protects_takes_two_people(
    scope: str, end: str, now: str, tier: int, excluding: MakePolicy, decided: Decided
) -> None:
    facts: Json = {**TARGET, "intel.independent_origins": 2, "time.now": now}
    decision = decided(facts, BLOCK, excluding(scope, "protected", end))
    assert (decision.tier, decision.effect) == (tier, Effect.ASK if tier == 4 else Effect.EXECUTE)
    assert ("calm" in decision.rules) is (tier == 4)
    assert decision.obligations.quorum == (2 if tier == 4 else 0)


def test_what_is_protected_for_good_says_so(excluding: MakePolicy, decided: Decided) -> None:
    decision = decided(TARGET, BLOCK, excluding("targets: [files-02]", "protected", ""))
    assert "protected by db-owners for good: migration" in decision.why_asked


def test_no_exception_is_granted_against_a_protection(make_policy: MakePolicy, decided: Decided) -> None:
    sure = "{id: sure, kind: exception, enabled: true, floor: 1, confidence: 0.9, conditions: ['true']"
    sure += ", veto: 1m, lease: 1m, because: sure}"
    row = f"[{{id: row, actions: [{BLOCK}], tier: 3, because: asks}}]"
    protected = f"protected: [{{id: calm, targets: [files-02], {OWNED}}}]\n"
    assert decided(TARGET, BLOCK, make_policy(row, f"[{sure}]")).rules == ("row", "sure")
    decision = decided(TARGET, BLOCK, make_policy(row, f"[{sure}]", more=protected))
    assert (decision.tier, "sure" in decision.rules) == (4, False)


def test_notices_about_what_is_protected_are_sent(excluding: MakePolicy, decided: Decided) -> None:
    assert decided(TARGET, "notify", excluding("targets: [files-02]", "protected", "")).tier == 0


def test_the_checks_are_told_by_themselves(excluding: MakePolicy, make_facts: MakeFacts, specs: Specs) -> None:
    spec = specs.get(BLOCK)
    assert spec is not None
    facts, other = make_facts(TARGET), make_facts({})
    until = "by db-owners until 2026-12-01T00:00+00:00: migration"
    kept, held = excluding("targets: [files-02]"), excluding("targets: [files-02]", "protected")
    assert restrictions(kept, facts, spec) == Restrictions(excluded=(f"`calm` excluded {until}",))
    assert restrictions(held, facts, spec) == Restrictions(protected=(f"`calm` protected {until}",))
    assert restrictions(kept, other, spec) == restrictions(held, other, spec) == Restrictions()


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        (f"exclusions: [{{id: calm, targets: [a], owner: b, {ENDS}}}]", "`exclusions.0.reason` is missing"),
        (f"exclusions: [{{id: calm, targets: [a], reason: b, {ENDS}}}]", "`exclusions.0.owner` is missing"),
        (f"exclusions: [{{id: calm, targets: [a], {OWNED}}}]", "`exclusions.0.expires_at` is missing"),
        (f"exclusions: [{{targets: [a], {OWNED}, {ENDS}}}]", "`exclusions.0.id` is missing"),
        (f"exclusions: [{{id: calm, {OWNED}, {ENDS}}}]", "says not what it covers: give `targets`, `when` or both"),
        (f"protected: [{{id: calm, {OWNED}}}]", "says not what it covers: give `targets`, `when` or both"),
        ("protected: [{id: calm, targets: [a], owner: b}]", "`protected.0.reason` is missing"),
        (f"exclusions: [{{id: calm, targets: [10.20.4.0/33], {OWNED}, {ENDS}}}]", "no address and no network"),
        (f"exclusions: [{{id: calm, targets: [10.20.4.300], {OWNED}, {ENDS}}}]", "no address and no network"),
        (f"protected: [{{id: calm, targets: ['fe80::/200'], {OWNED}}}]", "no address and no network"),
        (f"exclusions: [{{id: ours, targets: [a], {OWNED}, {ENDS}}}]", "`ours` is the id of something else already"),
        (f"protected: [{{id: outside, targets: [a], {OWNED}}}]", "`outside` is the id of something else already"),
        (f"exclusions: [{{id: calm, targets: [a], actions: [nothing], {OWNED}, {ENDS}}}]", "no action `nothing`"),
        (f"exclusions: [{{id: calm, when: target.nam, {OWNED}, {ENDS}}}]", "undeclared reference"),
        ("exclusions: [{id: calm, targets: [a], owner: b, reason: c, expires_at: 2026-12-01T00:00:00}]", "timezone"),
    ],
)
def test_what_is_not_whole_refuses_the_file(
    sections: str, said: str, policy_text: Callable[..., str], matrix: str, rules: str, specs: Specs
) -> None:
    with pytest.raises(InvalidFile) as caught:
        parse_policy(policy_text(matrix, rules, more=f"{sections}\n"), "small.yaml", specs)
    [problem] = caught.value.problems
    assert said in str(problem)
    assert problem.line is not None and problem.column is not None


def test_an_id_stands_in_one_section_only(policy_text: Callable[..., str], specs: Specs) -> None:
    twice = f"exclusions: [{{id: calm, targets: [a], {OWNED}, {ENDS}}}]\n"
    twice += f"protected: [{{id: calm, targets: [a], {OWNED}}}]\n"
    with pytest.raises(InvalidFile, match="`calm` is the id of something else already"):
        parse_policy(policy_text(more=twice), "small.yaml", specs)
