"""Through the decision and every check: an exclusion or a protection never allows more, and is never overlooked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.registry import ActionSpecs
from engine import documents
from engine.context.reach import reached
from engine.decide import decide
from engine.documents import Position
from engine.exclusions import restrictions
from engine.expressions import Wants
from engine.model.base import Json
from engine.model.context import Criticality
from engine.model.decision import Decision, Effect, OnExpiry
from engine.model.policy import Exemption
from engine.model.scoped import Exclude, Protect
from engine.policy_cases import action_facts, unknown_facts
from engine.policy_file import Chapter, Clause, Policy, compile_policy
from engine.ports import Context, Subject
from engine.scopes import names_of
from engine.validate import run_checks
from policies.checks import CHECKS

Make = Callable[..., Subject]
Judge = Callable[[Sequence[str], str, str, Json], tuple[Decision, frozenset[str]]]

SPECS = ActionSpecs()
DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
SCOPES = (
    "targets: [files-02]",
    "targets: [10.20.4.0/24, dc-01]",
    "targets: [j.baker, 203.0.113.44]",
    "when: time.hour < 6",
    'when: \'target.criticality in ["high", "protected"]\'',
    "when: 'action.params.level > 3'",
    "targets: [files-02, 203.0.113.44], when: request.person",
)
ENDS = (", expires_at: 2026-11-21T03:11:02Z", ", expires_at: 2026-11-21T03:11:03Z")
OWNED = "owner: it, reason: r"
EXCLUSIONS = [f"{{id: out-{n}-{e}, {s}, {OWNED}{end}}}" for n, s in enumerate(SCOPES) for e, end in enumerate(ENDS)]
PROTECTED = [
    f"{{id: safe-{n}-{e}, {s}, {OWNED}{end}}}" for n, s in enumerate(SCOPES) for e, end in enumerate((*ENDS, ""))
]
TEXT = f"exclusions: [{', '.join(EXCLUSIONS)}]\nprotected: [{', '.join(PROTECTED)}]\n"
ASKED = (
    ("network.block_ip", "203.0.113.44"), ("network.block_ip", "10.20.4.17"), ("host.isolate", "files-02"),
    ("host.isolate", "dc-01"), ("identity.disable_account", "j.baker"), ("network.block_segment", "10.20.4.0/24"),
    ("notify", "files-02"),
)  # fmt: skip
SURE: Json = {
    "finding.present": True,
    "finding.hand_fed": False,
    "autonomy.right": 400,
    "autonomy.verdicts": 400,
    "autonomy.bound": 0.993,
    "action.executor": "simulated",
    "identity.known": True,
    "identity.other_administrators": 3,
}


@pytest.fixture(scope="module")
def everything() -> Policy:
    return compile_policy(documents.parse(DEMO.read_text() + TEXT, "demo.yaml"), SPECS)


def only(policy: Policy, action: str, chosen: Sequence[str]) -> Policy:
    """The policy with no more of its exclusions and protections than these."""
    at = Position("drawn.yaml", 1, 1)
    clauses = [c for c, _ in policy.chapter(action).clauses if not isinstance(c, Exclude | Protect) or c.id in chosen]
    sources = [_conditions(clause) for clause in clauses]
    compiled = [policy.language.compile(source, Wants.BOOL, at) for said in sources for source in said]
    counted = tuple(zip(clauses, map(len, sources), strict=True))
    return replace(policy, chapters={action: Chapter(counted, policy.language.together(compiled))})


def _conditions(clause: Clause) -> tuple[str, ...]:
    return clause.conditions if isinstance(clause, Exemption) else (clause.when,)


def worth(place: Context, target: str) -> Json:
    """What hangs on the target, as the checks see it: of a segment, on what stands in it."""
    person = place.identity(target)
    levels = [asset.criticality for asset in reached(place, target)] + ([person.criticality] if person else [])
    level = max(levels, key=[*Criticality].index, default=Criticality.LOW)
    return {"target.criticality": level.value, "target.protected": level is Criticality.PROTECTED}


@pytest.fixture(scope="module")
def judge(make: Make, place: Context, everything: Policy) -> Judge:
    """The decision under some of the exclusions and protections, and the checks that stop it."""

    def run(chosen: Sequence[str], action: str, target: str, changes: Json) -> tuple[Decision, frozenset[str]]:
        policy, spec = only(everything, action, chosen), SPECS.get(action)
        assert spec is not None
        about: Json = {"target.value": target, "target.names": [*names_of(place, target)], "action.id": action}
        facts = {**unknown_facts(), **action_facts(spec), **SURE, **changes, **about, **worth(place, target)}
        decision, restricting = decide(policy, facts, spec), restrictions(policy, facts, spec)
        subject = replace(make(action, target), decision=decision, approved=True)
        subject = replace(subject, excluded=restricting.excluded, protected=restricting.protected)
        return decision, frozenset(one.check for one in run_checks(CHECKS, subject) if one.outcome.stops)

    return run


def allowed(decision: Decision, stopped: frozenset[str]) -> int:
    """0 nothing is done, 1 people are asked, 2 it is done unless somebody objects, 3 it is done."""
    if stopped:
        return 0
    if decision.effect is Effect.ASK:
        return 2 if decision.obligations.on_expiry is OnExpiry.ACT else 1
    return 3 if decision.effect is Effect.EXECUTE else 0


IDS = [f"out-{n}-{e}" for n in range(len(SCOPES)) for e in range(2)]
IDS += [f"safe-{n}-{e}" for n in range(len(SCOPES)) for e in range(3)]
CHANGES = st.fixed_dictionaries(
    {
        "finding.confidence": st.sampled_from((0.5, 0.9, 0.99)),
        "request.person": st.booleans(),
        "intel.independent_origins": st.integers(0, 2),
        "intel.fresh_origins": st.integers(0, 2),
        "target.zone": st.sampled_from(("inside", "outside")),
        "time.hour": st.sampled_from((3, 9)),
        "time.now": st.sampled_from(("", "2026-11-21T03:11:02+00:00", "2026-11-21T03:11:02.5+00:00")),
        "action.params": st.sampled_from(({}, {"level": 5}, {"level": "x"})),
        "budget.exceptions_hour": st.integers(0, 1),
        "autonomy.bin_bound": st.just(0.99),
    }
)


@settings(max_examples=150, deadline=None)
@given(
    before=st.lists(st.sampled_from(IDS), max_size=2), added=st.sampled_from(IDS), asked=st.sampled_from(ASKED),
    changes=CHANGES,
)  # fmt: skip
def test_adding_an_exclusion_or_a_protection_never_allows_more(
    before: list[str], added: str, asked: tuple[str, str], changes: Json, judge: Judge
) -> None:
    without, was_stopped = judge(before, *asked, changes)
    more, is_stopped = judge([*before, added], *asked, changes)
    assert allowed(more, is_stopped) <= allowed(without, was_stopped)
    assert more.tier >= without.tier
    assert was_stopped <= is_stopped
    assert more.tier > without.tier or more.obligations.lease <= without.obligations.lease
    assert more.effect is not Effect.ASK or more.obligations.quorum >= without.obligations.quorum


@pytest.mark.parametrize(
    ("now", "covers"), [("2026-11-21T03:11:02.999999+00:00", True), ("2026-11-21T03:11:03+00:00", False)]
)
@pytest.mark.parametrize("asked", [one for one in ASKED if one[1] in ("files-02", "10.20.4.17", "10.20.4.0/24")][:3])
def test_both_the_decision_and_a_check_say_no_until_the_instant_it_ends(
    now: str, covers: bool, asked: tuple[str, str], judge: Judge
) -> None:
    facts: Json = {"finding.confidence": 0.99, "target.zone": "inside", "time.now": now}
    open_, stopped_before = judge([], *asked, facts)
    decision, stopped = judge(["out-0-1"], *asked, facts)
    assert ("out-0-1" in decision.rules, decision.effect is Effect.DENY) == (
        covers,
        covers or open_.effect is Effect.DENY,
    )
    assert stopped == stopped_before | ({"exclusion"} if covers else set())
