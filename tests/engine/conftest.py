"""Actions, facts and small policies to decide with, anything about them changed at will."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Address

import pytest
from pydantic import Field, JsonValue

from engine.decide import decide
from engine.expressions import FactType
from engine.fact_table import FACTS
from engine.model.action import ActionSpec, Impact, Params, Reversal, TargetKind
from engine.model.base import Json
from engine.model.decision import Decision
from engine.policy_file import Policy, parse_policy
from engine.ports import Specs

MakeFacts = Callable[..., Json]
MakePolicy = Callable[..., Policy]

EMPTY: dict[FactType, JsonValue] = {
    FactType.BOOL: False,
    FactType.INT: 0,
    FactType.DOUBLE: 0.0,
    FactType.STRING: "",
    FactType.STRINGS: [],
    FactType.OBJECT: {},
}

SURE: Json = {
    "finding.present": True,
    "finding.confidence": 0.99,
    "finding.has_confidence": True,
    "finding.source.host": "ws-1",
    "finding.destination.ip": "203.0.113.44",
    "autonomy.right": 400,
    "autonomy.verdicts": 400,
    "autonomy.bound": 0.993,
    "action.impact": 1,
    "action.executor": "simulated",
    "target.value": "203.0.113.44",
    "target.zone": "outside",
    "target.criticality": "low",
    "target.owner": "db-owners",
}
"""A finding that may do anything its row allows."""

TIERS = """\
tiers:
  look: {lease: 0s, ceiling: 0s}
  act: {lease: 1h, ceiling: 8h}
  tell: {lease: 2h, ceiling: 8h, tell: [owner]}
  ask: {lease: 1h, ceiling: 8h, quorum: 1, decide_in: 15m, on_expiry: deny}
  ask_two: {lease: 30m, ceiling: 4h, quorum: 2, groups: [responders], decide_in: 20m, on_expiry: deny, tell: [lead]}
"""

GATES = """\
confidence:
  {ask: 0.60, ask_two: 0.70, interim: 0.80, act: 0.90, tell: 0.95, unproven_at_most: 0.89, proven_after: 30}
"""

REST = """\
autonomy:
  act: 0.95
  tell: 0.98
  exception: 0.99
  sampled: 0.1
  sampled_a_week: 20
  demotion:
    {below_bar: 0.02, psi_over: 0.25, overridden: 2, overridden_of: 20, harmful_on_high: 1, harmful: 2, lasts: 14d}
learning: {at_least: 21d, at_most: 45d}
"""

BUDGETS = """\
budgets:
  site: {points_hour: 60, kept_for_people: 0.5, detector_share: 0.25, warn_at: 0.7}
  points: {low: 1, standard: 2, high: 8, critical: 20}
  rows: []
"""


MATRIX = """
  - {id: look, actions: [notify], tier: 0, because: it changes nothing}
  - {id: listed, actions: [network.block_ip], when: intel.independent_origins >= 2, tier: 1, because: two origins}
  - {id: outside, actions: [network.block_ip], when: intel.independent_origins < 2, tier: 2, because: one origin}
  - {id: shared, actions: [network.block_ip], when: size(intel.warnings) > 0, tier: 3, because: shared by others}
  - {id: minor, actions: [host.isolate], when: 'target.criticality in ["low", "standard"]', tier: 2, because: a desk}
  - id: critical
    actions: [host.isolate]
    when: target.criticality == "critical"
    tier: 4
    lease: 10m
    groups: [= target.owner]
    on_expiry: hold
    decide_in: 12m
    because: a critical asset
    interim:
      - {action: network.block_ip, target: = finding.destination.ip, params: {port: 443}}
  - {id: erase, actions: [host.erase], tier: 1, because: somebody thought so}
"""

RULES = """
  - {id: ours, kind: forbid, when: target.untouchable, because: this is ourselves}
  - {id: learning, kind: raise, to: 3, when: source.learning, because: still learning}
  - {id: trial, kind: observe, actions: [network.block_ip], when: 'source.product == "trial"', because: on trial}
"""


class BlockParams(Params):
    target: IPv4Address
    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)


class HostParams(Params):
    target: str = Field(min_length=1, pattern=r"^[a-z0-9-]+$")
    level: int = 1


class EraseParams(Params):
    target: str


class FewSpecs:
    """Four actions, one of which cannot be undone."""

    def __init__(self) -> None:
        block = ActionSpec(
            id="network.block_ip", summary="block", params=BlockParams, target=TargetKind.ADDRESS, impact=Impact.LOW
        )
        isolate = ActionSpec(
            id="host.isolate", summary="isolate", params=HostParams, target=TargetKind.HOST, impact=Impact.HIGH
        )
        erase = ActionSpec(
            id="host.erase", summary="erase", params=EraseParams, target=TargetKind.HOST,
            impact=Impact.IRREVERSIBLE, reversal=Reversal.IRREVERSIBLE,
        )  # fmt: skip
        notify = ActionSpec(
            id="notify", summary="tell", params=EraseParams, target=TargetKind.RECORD, impact=Impact.NONE
        )
        self._specs = {spec.id: spec for spec in (block, isolate, erase, notify)}

    def get(self, action: str) -> ActionSpec | None:
        return self._specs.get(action)

    def all(self) -> Iterable[ActionSpec]:
        return self._specs.values()


@pytest.fixture(scope="session")
def specs() -> Specs:
    """The four actions."""
    return FewSpecs()


@pytest.fixture(scope="session")
def make_facts() -> MakeFacts:
    """`make_facts({"finding.confidence": 0.7})`: facts of a sure finding, but for these."""

    def make(changes: Json | None = None) -> Json:
        nothing: Json = {name: EMPTY[kind] for name, (kind, _) in FACTS.items()}
        return {**nothing, **SURE, **(changes or {})}

    return make


@pytest.fixture(scope="session")
def policy_text() -> Callable[..., str]:
    """A whole policy file around a matrix and rules written as YAML lists."""

    def make(
        matrix: str = "[]", rules: str = "[]", enforcement: str = "{default: enforce}", budgets: str = BUDGETS,
        more: str = "", tiers: str = TIERS,
    ) -> str:  # fmt: skip
        head = "policy: small\nversion: 1\ndescription: for tests\nowner: governance\n"
        body = f"enforcement: {enforcement}\nmatrix: {matrix}\nrules: {rules}\n"
        return head + body + tiers + GATES + budgets + REST + more

    return make


@pytest.fixture(scope="session")
def make_policy(policy_text: Callable[..., str], specs: Specs) -> MakePolicy:
    """The same, compiled."""

    def make(*args: str, **parts: str) -> Policy:
        return parse_policy(policy_text(*args, **parts), "small.yaml", specs)

    return make


@pytest.fixture(scope="session")
def matrix() -> str:
    """Rows of every tier."""
    return MATRIX


@pytest.fixture(scope="session")
def rules() -> str:
    """A rule of every kind but an exception."""
    return RULES


@pytest.fixture(scope="session")
def small(make_policy: MakePolicy) -> Policy:
    """These rows and rules as a policy."""
    return make_policy(MATRIX, RULES)


@pytest.fixture(scope="session")
def decided(small: Policy, make_facts: MakeFacts, specs: Specs) -> Callable[..., Decision]:
    """`decided(changes, action, under)`: the decision on a sure finding, but for these facts."""

    def run(changes: Json | None = None, action: str = "network.block_ip", under: Policy = small) -> Decision:
        return decide(under, make_facts({**(changes or {}), "action.id": action}), specs.get(action))

    return run
