"""Facts: every declared one always there, of its type, and whatever is unknown opens least."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.digest import canonical
from engine.documents import Position
from engine.expressions import Expressions, Wants
from engine.fact_table import FACTS, PLAN_FACTS
from engine.facts import NEVER_HOURS, FactInputs, build_facts, finding_facts
from engine.model.action import Executor
from engine.model.base import Json
from engine.model.budget import Usage
from engine.model.context import Asset, Criticality, Identity, Indicator, Zone
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.incident import Incident, IncidentState
from engine.model.request import Request, RequestState
from engine.policy_file import Policy
from engine.ports import Specs

NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
FINDING = Finding(
    id="F-1", detector="exfiltration.volume", detector_version="4", time=NOW, reported_time="", severity=Severity.HIGH,
    confidence=0.97, category="exfiltration", title="much data", tags=("volume",), techniques=("T1048",),
    observables=(
        Observable(type=ObservableType.IP, value="203.0.113.44"),
        Observable(type=ObservableType.USER, value="j.baker"),
        Observable(type=ObservableType.IP, value="203.0.113.44"),
    ),
    source=Endpoint(ip="10.20.4.17", host="files-02"), destination=Endpoint(ip="203.0.113.44", port=443),
    origin=Origin(product="fireline"),
)  # fmt: skip
INCIDENT = Incident(
    id="INC-3", key="host:files-02", generation=1, state=IncidentState.OPEN, title="exfiltration",
    severity=Severity.CRITICAL, confidence=None, opened_at=NOW - timedelta(minutes=3), first_seen=NOW, last_seen=NOW,
    finding_ids=("F-1", "F-2"), submitters=("jonas",),
)  # fmt: skip
GRANT = """\
grants:
  - id: trial
    detector: exfiltration.volume
    version: "4"
    tier: 1
    owner: governance
    reason: a trial
    expires_at: 2027-01-01T00:00:00Z
history:
  - {detector: exfiltration.volume, version: "4", right: 41, verdicts: 42}
"""


def request(target: str = "files-02", **changes: object) -> Request:
    usual: dict[str, object] = {
        "id": "AR-1", "incident_id": "INC-3", "state": RequestState.REQUESTED, "action": "host.isolate",
        "action_version": "1", "connector": "sim", "target": target, "params": {"target": target}, "requester": "x",
        "person": False, "reason": "r", "requested_at": NOW, "changed_at": NOW,
    }  # fmt: skip
    return Request.model_validate({**usual, **changes})


@pytest.fixture
def inputs(make_policy: Callable[..., Policy], specs: Specs) -> FactInputs:
    """Isolate files-02 because of an exfiltration, of which nothing else is known."""
    spec = specs.get("host.isolate")
    assert spec is not None
    return FactInputs(
        request=request(), spec=spec, finding=FINDING, incident=INCIDENT, asset=None, identity=None, zone=Zone.INSIDE,
        segment="servers", indicators=(), policy=make_policy(more=GRANT), now=NOW,
    )  # fmt: skip


def indicator(origin: str, owner: str, hours: float = 1, warnings: tuple[str, ...] = ()) -> Indicator:
    return Indicator(
        type="ip", value="203.0.113.44", origin=origin, owner=owner, seen_at=NOW - timedelta(hours=hours),
        confidence=0.9, warnings=warnings,
    )  # fmt: skip


ASSET = Asset(name="files-02", criticality=Criticality.CRITICAL, owner="db-owners", roles=("database",))
IDENTITY = Identity(name="adm", criticality=Criticality.HIGH, privileged=True, administrator=True)


@pytest.mark.parametrize("finding", [FINDING, None])
@pytest.mark.parametrize("asset", [ASSET, None])
@pytest.mark.parametrize("identity", [IDENTITY, None])
def test_every_declared_fact_is_there_and_of_its_type(
    finding: Finding | None, asset: Asset | None, identity: Identity | None, inputs: FactInputs
) -> None:
    facts = build_facts(replace(inputs, finding=finding, asset=asset, identity=identity))
    language = Expressions({name: kind for name, (kind, _) in FACTS.items()})
    prepared = language.prepare(facts)
    here = Position("x", 1, 1)
    assert facts.keys() == FACTS.keys()
    assert all(language.compile(f"{name} == {name}", Wants.BOOL, here).holds(prepared) is True for name in FACTS)
    assert canonical(facts)


def test_what_playbooks_see_is_part_of_what_policy_sees(inputs: FactInputs) -> None:
    known = finding_facts(FINDING, INCIDENT)
    assert known.keys() == PLAN_FACTS.keys() == finding_facts(None, INCIDENT).keys()
    assert known.items() <= build_facts(inputs).items()


def test_the_finding_tells_its_ends_and_whom_it_is_about() -> None:
    facts = finding_facts(FINDING, INCIDENT)
    told: Json = {
        "finding.source.host": "files-02", "finding.source.port": 0, "finding.destination.port": 443,
        "finding.host": "files-02", "finding.user": "j.baker", "finding.ips": ["203.0.113.44"],
        "finding.confidence": 0.97, "finding.hand_fed": False, "incident.findings": 2, "incident.hand_fed": True,
        "incident.confidence": 0.0,
    }  # fmt: skip
    assert told.items() <= facts.items()


def test_a_finding_without_confidence_has_none(inputs: FactInputs) -> None:
    facts = build_facts(replace(inputs, finding=FINDING.model_copy(update={"confidence": None, "submitter": "jonas"})))
    assert (facts["finding.confidence"], facts["finding.has_confidence"], facts["finding.hand_fed"]) == (
        0.0,
        False,
        True,
    )


@pytest.mark.parametrize(
    ("asset", "counts"),
    [
        (None, "high"),
        (ASSET.model_copy(update={"criticality": Criticality.UNKNOWN}), "high"),
        (ASSET.model_copy(update={"criticality": Criticality.LOW}), "low"),
        (ASSET.model_copy(update={"criticality": Criticality.PROTECTED}), "protected"),
    ],
)
def test_unknown_criticality_counts_as_high(asset: Asset | None, counts: str, inputs: FactInputs) -> None:
    facts = build_facts(replace(inputs, asset=asset))
    assert (facts["target.criticality"], facts["asset.criticality"]) == (counts, counts)
    assert facts["target.protected"] == (counts == "protected")


def test_an_outside_address_that_is_nobodys_of_ours_counts_as_low(inputs: FactInputs, specs: Specs) -> None:
    spec = specs.get("network.block_ip")
    assert spec is not None
    outside = replace(inputs, spec=spec, request=request("203.0.113.44"), zone=Zone.OUTSIDE)
    assert build_facts(outside)["target.criticality"] == "low"
    assert build_facts(replace(outside, zone=Zone.PARTNER))["target.criticality"] == "high"
    assert build_facts(replace(outside, asset=ASSET))["target.criticality"] == "critical"


@pytest.mark.parametrize(
    ("indicators", "independent", "fresh"),
    [
        ((), 0, 0),
        ((indicator("a/1", "a"),), 1, 1),
        ((indicator("a/1", "a"), indicator("a/2", "a")), 1, 1),
        ((indicator("a/1", "a"), indicator("b/1", "b")), 2, 2),
        ((indicator("a/1", "a"), indicator("a/1", "b")), 1, 1),
        ((indicator("a/1", ""), indicator("b/1", "")), 2, 2),
        ((indicator("a/1", "a"), indicator("b/1", "b", hours=24)), 2, 1),
    ],
)
def test_origins_are_independent_by_owner_and_by_observation(
    indicators: tuple[Indicator, ...], independent: int, fresh: int, inputs: FactInputs
) -> None:
    facts = build_facts(replace(inputs, indicators=indicators))
    assert (facts["intel.independent_origins"], facts["intel.fresh_origins"]) == (independent, fresh)


def test_indicators_tell_their_age_confidence_and_warnings(inputs: FactInputs) -> None:
    known = (indicator("a", "a", 5, ("shared", "cdn")), indicator("b", "b", 2, ("cdn",)))
    facts = build_facts(replace(inputs, indicators=known))
    assert (facts["intel.youngest_hours"], facts["intel.confidence"]) == (2.0, 0.9)
    assert facts["intel.warnings"] == ["cdn", "shared"]
    assert build_facts(inputs)["intel.youngest_hours"] == NEVER_HOURS


def test_the_policys_own_history_and_grants_stand_beside_later_ones(inputs: FactInputs) -> None:
    [count] = inputs.policy.document.history
    facts = build_facts(replace(inputs, history=(count,)))
    assert (facts["autonomy.right"], facts["autonomy.verdicts"], facts["autonomy.granted_tier"]) == (82, 84, 1)
    assert build_facts(replace(inputs, now=NOW + timedelta(days=400)))["autonomy.granted_tier"] == 0


@pytest.mark.parametrize(
    ("params", "narrowed", "count"),
    [
        ({}, False, 1),
        ({"host": "10.0.0.1", "port": None}, False, 1),
        ({"host": "10.0.0.1", "port": 443}, True, 1),
        ({"messages": ["a", "b", "c"]}, False, 3),
    ],
)
def test_parameters_tell_how_wide_a_request_is(params: Json, narrowed: bool, count: int, inputs: FactInputs) -> None:
    facts = build_facts(replace(inputs, request=request(params=params)))
    assert (facts["action.narrowed"], facts["target.count"]) == (narrowed, count)


def test_request_usage_and_moment_are_told(inputs: FactInputs) -> None:
    asked = request(person=True, interim_for="AR-0")
    facts = build_facts(replace(inputs, request=asked, executor=Executor.SIMULATED, usage=Usage(hour=3, points_hour=9)))
    told: Json = {
        "request.person": True, "request.interim": True, "action.executor": "simulated", "action.connector": "sim",
        "budget.hour": 3, "budget.points_hour": 9, "budget.exceptions_hour": -1, "budget.class_size": -1,
        "incident.age_minutes": 3.0, "time.now": "2026-11-21T03:11:02+00:00", "time.hour": 3, "time.weekday": 5,
        "source.quality": "unknown", "identity.other_administrators": 0,
    }  # fmt: skip
    assert told.items() <= facts.items()


def test_an_account_is_the_target_where_there_is_no_asset(inputs: FactInputs) -> None:
    facts = build_facts(replace(inputs, identity=IDENTITY, other_administrators=2))
    told: Json = {
        "identity.known": True, "identity.privileged": True, "identity.other_administrators": 2, "target.known": True,
        "target.criticality": "high", "asset.known": False,
    }  # fmt: skip
    assert told.items() <= facts.items()
