"""The demo's policy on the demo's site, from finding to decision: the four incidents that `fireline demo` plays."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from detectors.generators import alerts
from detectors.intake.reader import Accepted, read
from engine.context.file import load
from engine.context.static import StaticContext
from engine.decide import budget_for, decide
from engine.facts import FactInputs, build_facts, finding_facts
from engine.model.action import Executor, TargetKind
from engine.model.base import Json
from engine.model.decision import Decision, Effect, OnExpiry
from engine.model.finding import Finding, Observable, ObservableType, Severity
from engine.model.foreseen import Bound, Chance
from engine.model.incident import Incident, IncidentState
from engine.model.request import Request, RequestState
from engine.planner import Judged, actions, foresee
from engine.playbook import Playbook
from engine.playbook_file import load_playbooks
from engine.policy_file import Policy, load_policy

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
SPECS = ActionSpecs()
SITE = StaticContext(load(ROOT / "actions" / "simulators" / "sites" / "demo.yaml"), {})
BLOCK, ISOLATE, DISABLE, SESSIONS = (
    "network.block_ip",
    "host.isolate",
    "identity.disable_account",
    "identity.revoke_sessions",
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ROOT / "policies" / "demo.yaml", SPECS)


@pytest.fixture(scope="module")
def playbooks() -> tuple[Playbook, ...]:
    return load_playbooks(ROOT / "workflows" / "playbooks", SPECS)


def only_finding(lines: list[str]) -> Finding:
    """What intake makes of the first alert among these lines."""
    items = read(io.BytesIO("\n".join(lines).encode()))
    return next(item.finding for item in items if isinstance(item, Accepted))


KNOWN_BAD = only_finding(alerts.beaconing(NOW))
EXFILTRATION = only_finding(alerts.exfiltration(NOW))
TAKEOVER = only_finding(alerts.account_compromise(NOW))
DOMAIN_CONTROLLER = only_finding(alerts.false_replication(NOW))
LOAD = only_finding(list(alerts.findings(1, NOW)))


def incident_of(found: Finding | None) -> Incident:
    return Incident(
        id="INC-1", key="k", generation=1, state=IncidentState.OPEN, title="t", severity=Severity.CRITICAL,
        confidence=None, opened_at=NOW, first_seen=NOW, last_seen=NOW, finding_ids=("F-1",) if found else (),
    )  # fmt: skip


def planned(playbooks: tuple[Playbook, ...], found: Finding) -> tuple[Bound, ...]:
    """The actions that the playbooks which answer a finding would ask for."""
    facts = {**finding_facts(found, incident_of(found)), "incident.verdict": ""}
    plans = [foresee(playbook, facts, lambda _: Judged({})) for playbook in playbooks]
    return tuple(bound for plan in plans if plan.answers is Chance.YES for bound in actions(plan.steps))


def answered(playbooks: tuple[Playbook, ...], found: Finding, action: str) -> Bound:
    """The one request for this action among them."""
    [step] = [bound for bound in planned(playbooks, found) if bound.action == action]
    return step


def decided(
    policy: Policy, action: str, target: str, found: Finding | None, params: Json | None = None,
    interim: bool = False, executor: Executor = Executor.SIMULATED, now: datetime = NOW,
) -> Decision:  # fmt: skip
    spec = SPECS.get(action)
    assert spec is not None
    canonical = spec.params.model_validate({**(params or {}), "target": target})
    request = Request(
        id="AR-1", incident_id="INC-1", state=RequestState.REQUESTED, action=action, action_version=spec.version,
        connector="sim", target=canonical.canonical_target(), params=canonical.model_dump(mode="json"), requester="r",
        person=found is None, reason="r", interim_for="AR-0" if interim else None, requested_at=now, changed_at=now,
    )  # fmt: skip
    seen = Observable(type=ObservableType.IP, value=request.target)
    inputs = FactInputs(
        request=request, spec=spec, finding=found, incident=incident_of(found),
        asset=SITE.asset(target) if spec.target in (TargetKind.HOST, TargetKind.ADDRESS) else None,
        identity=SITE.identity(target) if spec.target is TargetKind.ACCOUNT else None,
        zone=SITE.zone(target), segment=SITE.segment(target), policy=policy, now=now, executor=executor,
        indicators=SITE.indicators(seen) if spec.target is TargetKind.ADDRESS else (),
    )  # fmt: skip
    return decide(policy, build_facts(inputs), spec)


def interims(policy: Policy, decision: Decision, found: Finding) -> list[tuple[str, str, int, str]]:
    """What each interim would itself be decided as."""
    own = [
        (step, decided(policy, step.action, step.target, found, step.params, interim=True))
        for step in decision.obligations.interim
    ]
    return [(step.action, step.target, int(seen.tier), seen.effect.value) for step, seen in own]


def test_a_known_bad_address_is_blocked_by_itself(policy: Policy, playbooks: tuple[Playbook, ...]) -> None:
    [step] = planned(playbooks, KNOWN_BAD)
    decision = decided(policy, step.action, step.target, KNOWN_BAD, step.params)
    assert (step.action, step.target) == (BLOCK, "198.51.100.23")
    assert (decision.tier, decision.effect) == (1, Effect.EXECUTE)
    assert (decision.obligations.lease, decision.obligations.ceiling) == (timedelta(seconds=20), timedelta(minutes=5))
    assert decision.facts["intel.independent_origins"] == 2


def test_an_exfiltration_from_a_critical_host_asks_two_and_blocks_meanwhile(
    policy: Policy, playbooks: tuple[Playbook, ...]
) -> None:
    step = answered(playbooks, EXFILTRATION, ISOLATE)
    decision = decided(policy, step.action, step.target, EXFILTRATION, step.params)
    wanted = decision.obligations
    assert (step.action, step.target, decision.tier, decision.effect) == (ISOLATE, "files-02", 4, Effect.ASK)
    assert decision.why_asked == "not automatic: 0.97 < 0.99 and a critical asset"
    assert (wanted.quorum, wanted.groups, wanted.on_expiry) == (2, ("db-owners",), OnExpiry.HOLD)
    assert wanted.lease == timedelta(seconds=15)
    assert (decision.facts["autonomy.right"], decision.facts["autonomy.verdicts"]) == (41, 42)
    assert interims(policy, decision, EXFILTRATION) == [(BLOCK, "203.0.113.44", 1, "execute")]


def test_a_privileged_account_asks_briefly_and_holds_its_interim(
    policy: Policy, playbooks: tuple[Playbook, ...]
) -> None:
    step = answered(playbooks, TAKEOVER, DISABLE)
    decision = decided(policy, step.action, step.target, TAKEOVER, step.params)
    wanted = decision.obligations
    assert (step.action, step.target, decision.tier, decision.effect) == (DISABLE, "adm-k.wolf", 4, Effect.ASK)
    assert (wanted.quorum, wanted.groups, wanted.on_expiry) == (2, ("identity-owners",), OnExpiry.HOLD)
    assert wanted.decide_in == timedelta(seconds=5)
    assert wanted.decide_in < wanted.interim_lease < wanted.decide_in + wanted.hold_ceiling < timedelta(seconds=20)
    assert interims(policy, decision, TAKEOVER) == [
        (SESSIONS, "adm-k.wolf", 2, "execute"),
        (BLOCK, "203.0.113.9", 2, "execute"),
    ]


def test_made_up_load_acts_by_itself(policy: Policy, playbooks: tuple[Playbook, ...]) -> None:
    [step] = planned(playbooks, LOAD)
    assert decided(policy, step.action, step.target, LOAD, step.params).effect is Effect.EXECUTE


def test_a_domain_controller_is_never_isolated(policy: Policy, playbooks: tuple[Playbook, ...]) -> None:
    step = answered(playbooks, DOMAIN_CONTROLLER, ISOLATE)
    decision = decided(policy, step.action, step.target, DOMAIN_CONTROLLER, step.params)
    assert (step.action, step.target, decision.effect) == (ISOLATE, "dc-01", Effect.DENY)
    assert decision.reasons[-1].text == "forbidden: a protected asset is never isolated or disabled"


@pytest.mark.parametrize("address", ["203.0.113.9", "198.51.100.23"])
def test_a_responders_own_block_of_an_outside_address_acts_at_tier_2(address: str, policy: Policy) -> None:
    decision = decided(policy, BLOCK, address, None)
    assert (decision.tier, decision.effect) == (2, Effect.EXECUTE)


@pytest.mark.parametrize(
    ("action", "target", "tier", "effect"),
    [
        (BLOCK, "192.0.2.80", 3, "ask"),
        (BLOCK, "198.51.100.77", 2, "execute"),
        (BLOCK, "172.28.0.10", 3, "ask"),
        (BLOCK, "10.20.4.17", 4, "ask"),
        (ISOLATE, "ws-114", 2, "execute"),
        (ISOLATE, "nobody-knows", 3, "ask"),
        (DISABLE, "j.baker", 2, "execute"),
        (DISABLE, "glass-01", 4, "deny"),
        ("network.block_segment", "10.20.64.0/24", 3, "ask"),
        ("network.block_segment", "10.20.4.0/24", 4, "ask"),
        ("ticket", "look at this", 0, "execute"),
    ],
)
def test_the_site_as_a_whole(action: str, target: str, tier: int, effect: str, policy: Policy) -> None:
    decision = decided(policy, action, target, LOAD)
    assert (decision.tier, decision.effect.value) == (tier, effect)


def test_narrowed_to_one_pair_a_shared_address_may_be_blocked_meanwhile(policy: Policy) -> None:
    decision = decided(policy, BLOCK, "192.0.2.80", KNOWN_BAD)
    assert interims(policy, decision, KNOWN_BAD) == [(BLOCK, "192.0.2.80", 2, "execute")]


def test_anything_real_is_only_observed(policy: Policy) -> None:
    assert decided(policy, BLOCK, "198.51.100.23", KNOWN_BAD, executor=Executor.REAL).effect is Effect.OBSERVE


def test_what_was_fed_by_hand_asks(policy: Policy) -> None:
    by_hand = KNOWN_BAD.model_copy(update={"submitter": "jonas"})
    assert decided(policy, BLOCK, "198.51.100.23", by_hand).tier == 3


def test_trust_ends_with_its_grants(policy: Policy) -> None:
    later = datetime(2046, 1, 1, tzinfo=UTC)
    decision = decided(policy, BLOCK, "198.51.100.23", KNOWN_BAD, now=later)
    assert (decision.tier, decision.effect) == (3, Effect.ASK)


def test_leases_are_a_demos_and_budgets_last_all_day(policy: Policy) -> None:
    leases = [row.lease for row in policy.document.matrix if row.lease is not None]
    assert max(leases) <= timedelta(seconds=30)
    charged = budget_for(policy, decided(policy, BLOCK, "198.51.100.23", KNOWN_BAD).facts)
    assert (charged.key, charged.limits.hour) == ("block-outside", 10_000)


def test_what_is_no_attack_is_answered_by_none(playbooks: tuple[Playbook, ...]) -> None:
    quiet = KNOWN_BAD.model_copy(update={"category": "Not Suspicious Traffic", "techniques": ()})
    assert planned(playbooks, quiet) == ()
