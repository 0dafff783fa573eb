"""Authorised activity: whose source, against what, from when until when; and that it is told either way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.authorised import activity_facts, presence, told
from engine.context.file import load
from engine.context.static import StaticContext
from engine.decide import decide
from engine.errors import InvalidFile
from engine.model.base import Json
from engine.model.finding import Endpoint, Finding, Origin, Severity
from engine.policy_file import Policy, parse_policy
from engine.ports import Context, Specs

MakePolicy = Callable[..., Policy]
ROOT = Path(__file__).parents[2]
SCAN = """\
authorised_activity:
  - id: weekly
    kind: scanner
    targets: [10.20.0.0/16, files-02]
    owner: lab
    reason: every Thursday
    starts_at: 2026-11-01T00:00:00Z
    expires_at: 2026-12-01T00:00:00Z
"""
NOW = "2026-11-20T01:00:00+00:00"
SEEN: Json = {
    "activity.sources": ["10.20.9.5", "scan-01"],
    "activity.account": "svc-scan",
    "activity.destinations": ["10.20.4.17"],
    "time.now": NOW,
}
LIFT = "[{id: asks, kind: raise, to: 3, when: activity.authorised && action.impact > 0, because: it is authorised}]"


def scanning(who: str) -> str:
    return SCAN + f"    {who}\n"


@pytest.mark.parametrize(
    ("who", "changes", "within", "beyond"),
    [
        ("sources: [scan-01]", {}, ["weekly"], []),
        ("sources: [SCAN-01]", {}, ["weekly"], []),
        ("sources: [10.20.9.0/28]", {}, ["weekly"], []),
        ("sources: [10.20.9.6, scan-02]", {}, [], []),
        ("accounts: [svc-scan]", {}, ["weekly"], []),
        ("accounts: [SVC-Scan]", {}, ["weekly"], []),
        ("accounts: [svc-backup]", {}, [], []),
        ("accounts: [svc-scan]", {"activity.account": ""}, [], []),
        ("accounts: [scan-01]", {}, [], []),
        ("sources: [scan-01]\n    accounts: [svc-scan]", {}, ["weekly"], []),
        ("sources: [scan-01]\n    accounts: [svc-backup]", {}, [], []),
        ("sources: [scan-02]\n    accounts: [svc-scan]", {}, [], []),
        ("sources: [scan-01]", {"activity.sources": []}, [], []),
        ("sources: [scan-01]", {"activity.destinations": ["203.0.113.44"]}, [], ["weekly"]),
        ("sources: [scan-01]", {"activity.destinations": ["192.168.0.9", "files-02"]}, ["weekly"], []),
        ("sources: [scan-01]", {"activity.destinations": []}, ["weekly"], []),
        ("sources: [scan-01]", {"time.now": "2026-10-31T23:59:59.999999+00:00"}, [], []),
        ("sources: [scan-01]", {"time.now": "2026-11-01T00:00:00+00:00"}, ["weekly"], []),
        ("sources: [scan-01]", {"time.now": "2026-11-30T23:59:59.999999+00:00"}, ["weekly"], []),
        ("sources: [scan-01]", {"time.now": "2026-12-01T00:00:00+00:00"}, [], []),
        ("sources: [scan-01]", {"time.now": ""}, ["weekly"], []),
        ("sources: [scan-01]", {"activity.sources": "scan-01"}, [], []),
    ],
)
def test_whose_work_it_is(
    who: str, changes: Json, within: list[str], beyond: list[str], make_policy: MakePolicy
) -> None:
    facts = activity_facts(make_policy(more=scanning(who)).document, {**SEEN, **changes})
    assert (facts["activity.ids"], facts["activity.exceeded"]) == (within, beyond)
    assert facts["activity.authorised"] is bool(within)
    assert facts["activity.kinds"] == ["scanner"] * len(within)
    assert facts["activity.owners"] == ["lab"] * len(within)


@pytest.mark.parametrize(
    ("destination", "said", "tier"),
    [
        ("10.20.4.17", "its source is at authorised scanner of lab until 2026-12-01T00:00+00:00: every Thursday", 3),
        ("192.0.2.9", "it goes beyond the targets of authorised scanner of lab until 2026-12-01T00:00+00:00: "
                      "every Thursday", 1),
    ],
)  # fmt: skip
def test_reasons_name_it_and_its_owner(
    destination: str, said: str, tier: int, make_policy: MakePolicy, matrix: str, make_facts: Callable[..., Json],
    specs: Specs,
) -> None:  # fmt: skip
    policy = make_policy(matrix, LIFT, more=scanning("sources: [scan-01]"))
    facts = make_facts({**SEEN, "activity.destinations": [destination], "intel.independent_origins": 2})
    facts |= activity_facts(policy.document, facts)
    [reason] = told(policy.document, facts)
    decision = decide(policy, facts, specs.get("network.block_ip"))
    assert (reason.rule, reason.text) == ("weekly", said)
    assert reason in decision.reasons
    assert decision.tier == tier
    assert (said in decision.why_asked) is (tier == 3)


def finding(source: Endpoint | None, destination: Endpoint | None) -> Finding:
    return Finding(
        id="F-1", detector="ids", detector_version="1", time="2026-11-20T01:00:00Z", reported_time="", confidence=0.9,
        severity=Severity.HIGH, category="scan", title="scan", source=source, destination=destination,
        origin=Origin(product="ids"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def place() -> Context:
    return StaticContext(load(ROOT / "actions" / "simulators" / "sites" / "demo.yaml"), {})


def test_a_source_is_known_by_its_name_and_every_address(place: Context) -> None:
    seen = presence(place, finding(Endpoint(ip="10.20.4.17", user="SVC-Scan"), Endpoint(host="DC-01.", user="amy")))
    host = place.asset("dc-01")
    assert host is not None
    assert seen["activity.sources"] == ["10.20.4.17", "files-02"]
    assert seen["activity.account"] == "svc-scan"
    assert seen["activity.destinations"] == sorted({"dc-01", "amy", *host.addresses})


@pytest.mark.parametrize("made", [None, finding(None, None)])
def test_what_has_no_source_is_nobody_s_work(made: Finding | None, place: Context, make_policy: MakePolicy) -> None:
    seen = presence(place, made)
    assert seen == {"activity.sources": [], "activity.account": "", "activity.destinations": []}
    facts = activity_facts(make_policy(more=scanning("sources: [0.0.0.0/0]")).document, {**seen, "time.now": NOW})
    assert facts["activity.authorised"] is False


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SCAN, "says not who: give `sources`, `accounts` or both"),
        (scanning("sources: [a]").replace("    owner: lab\n", ""), "`authorised_activity.0.owner` is missing"),
        (scanning("sources: [a]").replace("    reason: every Thursday\n", ""), "`authorised_activity.0.reason` is"),
        (scanning("sources: [a]").replace("    expires_at: 2026-12-01T00:00:00Z\n", ""), "expires_at` is missing"),
        (scanning("sources: [a]").replace("[10.20.0.0/16, files-02]", "[]"), "at least 1 item"),
        (scanning("sources: [a]").replace("2026-11-01", "2026-12-01"), "`expires_at` is not after `starts_at`"),
        (scanning("sources: [a]").replace("kind: scanner", "kind: fun"), "`authorised_activity.0.kind`: input should"),
        (scanning("sources: [10.20.9.0/99]"), "`10.20.9.0/99` is no address and no network"),
        (scanning("sources: [a]").replace("10.20.0.0/16", "10.20.0.0/61"), "`10.20.0.0/61` is no address"),
    ],
)
def test_what_is_not_whole_refuses_the_file(
    text: str, said: str, policy_text: Callable[..., str], specs: Specs
) -> None:
    with pytest.raises(InvalidFile) as caught:
        parse_policy(policy_text(more=text), "small.yaml", specs)
    [problem] = caught.value.problems
    assert said in str(problem)
    assert problem.line is not None
