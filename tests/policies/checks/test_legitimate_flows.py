"""The traffic that others live on: named, counted, and spared where the action can spare it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engine.context.file import ContextFile
from engine.context.static import StaticContext
from engine.model.context import Flow
from engine.model.look_back import LookBackTerms, OnGap
from engine.ports import Context, FlowScope, Subject
from policies.checks.legitimate_flows import LegitimateFlows

Make = Callable[..., Subject]
NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
BACKUP = {"peer": "bkp-02", "port": 8400, "protocol": "tcp"}
REPLICATION = {"peer": "files-03", "port": 5433, "protocol": "tcp"}
SEEN = Flow(at=NOW, source="ws-203", destination="192.0.2.80", port=443)
"""That somebody looked, and saw what nobody declared."""
APPROVED = {"tier": 4, "approved": True, "state": "authorised"}


@pytest.fixture(scope="module")
def moved(site: ContextFile) -> Context:
    return StaticContext(site.with_job_moved("nightly-backup", "files-02", NOW), {})


@pytest.mark.parametrize(
    ("action", "target", "params", "changes", "outcome"),
    [
        ("host.isolate", "files-02", {}, {}, "block"),
        ("host.isolate", "files-02", {}, APPROVED, "block"),
        ("host.isolate", "files-02", {"spare": [REPLICATION]}, {}, "warn"),
        ("host.isolate", "files-02", {"spare": [REPLICATION]}, {"tier": 3}, "warn"),
        ("host.isolate", "files-02", {"spare": [REPLICATION]}, {"tier": 2, "approved": True}, "warn"),
        ("host.isolate", "files-02", {"spare": [REPLICATION]}, APPROVED, "pass"),
        ("host.isolate", "files-02", {"spare": [{**REPLICATION, "port": 5434}]}, APPROVED, "block"),
        ("host.isolate", "files-02", {"spare": [{**REPLICATION, "peer": "10.20.4.18"}]}, {}, "warn"),
        ("host.isolate", "ws-203", {}, {}, "pass"),
        ("host.isolate", "bkp-02", {}, {}, "block"),
        ("host.contain_ports", "files-01", {}, {}, "warn"),
        ("host.contain_ports", "files-01", {"ports": [3389]}, {}, "pass"),
        ("host.contain_ports", "files-01", {"ports": [8400]}, {}, "block"),
        ("network.block_ip", "203.0.113.44", {}, {}, "pass"),
        ("network.block_ip", "10.20.4.60", {}, {}, "block"),
        ("network.block_ip", "10.20.4.60", {"host": "ws-114"}, {}, "pass"),
        ("network.block_ip", "10.20.4.60", {"host": "files-01", "port": 445}, {}, "pass"),
        ("network.block_ip", "10.20.4.60", {"host": "10.20.4.16", "port": 8400}, {}, "block"),
        ("network.block_ip", "172.28.0.10", {}, {}, "warn"),
        ("network.block_segment", "10.20.4.0/24", {}, {}, "block"),
        ("network.block_segment", "172.28.0.0/24", {}, {}, "warn"),
        ("network.block_segment", "10.20.64.0/24", {}, {}, "pass"),
        ("identity.disable_account", "svc-backup", {}, {}, "pass"),
        ("host.reimage", "ws-203", {}, {"spec": {"lasting": True}}, "pass"),
        ("notify", "files-02", {}, {}, "pass"),
    ],
)
def test_outcome(
    make: Make, action: str, target: str, params: dict[str, object], changes: dict[str, object], outcome: str
) -> None:
    assert LegitimateFlows().run(make(action, target, params=params, **changes)).outcome == outcome


def test_what_would_be_cut_is_named_and_counted(make: Make) -> None:
    result = LegitimateFlows().run(make())
    assert result.summary == (
        "would have cut in the last 14d: replication files-02 to files-03 tcp/5433"
        " (4032 flows, 72.8 GB, last 2026-11-20 23:59:00Z, ask db-owners)"
    )
    assert result.details["flows"] == {
        "business": {"lines": 2, "count": 66080, "bytes": 46340000000},
        "replication": {"lines": 1, "count": 4032, "bytes": 72800000000},
    }


def test_a_backup_that_moved_after_the_plan_blocks_what_two_people_approved(make: Make, moved: Context) -> None:
    planned = {"spare": [REPLICATION]}
    assert LegitimateFlows().run(make(params=planned, **APPROVED)).outcome == "pass"
    result = LegitimateFlows().run(make(params=planned, context=moved, now=NOW + timedelta(seconds=5), **APPROVED))
    assert result.outcome == "block"
    assert (
        "backup files-02 to bkp-02 tcp/8400 (1 flow, 0 B, last 2026-11-21 03:11:02Z, ask platform-owners)"
        in result.summary
    )
    assert result.narrowed == {"target": "files-02", "spare": [BACKUP, REPLICATION]}


def test_what_is_offered_passes(make: Make, moved: Context) -> None:
    later = NOW + timedelta(seconds=5)
    offered = LegitimateFlows().run(make(context=moved, now=later)).narrowed
    assert offered is not None
    assert LegitimateFlows().run(make(context=moved, now=later, params=offered, **APPROVED)).outcome == "pass"


def test_a_firewall_is_offered_addresses(make: Make) -> None:
    result = LegitimateFlows().run(make("network.block_ip", "10.20.4.18"))
    assert result.narrowed == {
        "target": "10.20.4.18",
        "spare": [{"peer": "10.20.4.17", "port": 5433, "protocol": "tcp"}],
    }


def test_a_segment_is_offered_both_ends_of_what_stays_inside(make: Make) -> None:
    result = LegitimateFlows().run(make("network.block_segment", "10.20.4.16/30"))
    assert result.narrowed is not None
    assert [one for one in result.narrowed["spare"] if one["port"] == 5433] == [  # type: ignore[union-attr,index,call-overload]
        {"peer": "10.20.4.17", "port": 5433, "protocol": "tcp"},
        {"peer": "10.20.4.18", "port": 5433, "protocol": "tcp"},
    ]


def test_an_action_that_cannot_spare_offers_nothing(make: Make) -> None:
    result = LegitimateFlows().run(make("host.contain_ports", "files-01", params={"ports": [8400]}))
    assert (result.outcome, result.narrowed) == ("block", None)


def test_traffic_that_cannot_be_spared_is_not_offered(make: Make) -> None:
    ping = Flow(at=NOW, source="files-02", destination="bkp-02", port=0, protocol="icmp", tag="backup")
    context = StaticContext(ContextFile(flows=(ping,)), {})
    result = LegitimateFlows().run(make(context=context))
    assert (result.outcome, result.narrowed) == ("block", None)


def test_flows_before_the_window_do_not_count(make: Make) -> None:
    old = Flow(at=NOW - timedelta(days=15), source="files-02", destination="bkp-02", port=8400, tag="backup")
    context = StaticContext(ContextFile(flows=(old, SEEN)), {})
    assert LegitimateFlows().run(make(context=context)).outcome == "pass"
    assert LegitimateFlows().run(make(context=context, look_back=timedelta(days=16))).outcome == "block"


def test_a_flow_dated_ahead_by_a_faster_clock_counts(make: Make) -> None:
    ahead = Flow(at=NOW + timedelta(seconds=90), source="files-02", destination="bkp-02", port=8400, tag="backup")
    context = StaticContext(ContextFile(flows=(ahead,)), {})
    assert LegitimateFlows().run(make(context=context)).outcome == "block"


def test_a_flow_written_with_any_address_of_the_host_counts(make: Make, site: ContextFile) -> None:
    flow = Flow(at=NOW, source="10.20.4.17", destination="192.0.2.9", port=443, tag="backup")
    context = StaticContext(ContextFile(assets=site.assets, segments=site.segments, flows=(flow,)), {})
    result = LegitimateFlows().run(make(context=context))
    assert result.narrowed == {"target": "files-02", "spare": [{"peer": "192.0.2.9", "port": 443, "protocol": "tcp"}]}


def test_many_lines_are_counted_and_the_vital_listed_first(make: Make) -> None:
    flows = [Flow(at=NOW, source=f"10.9.0.{n}", destination="files-02", port=80, tag="business") for n in range(30)]
    vital = Flow(at=NOW, source="files-02", destination="zz", port=1, tag="backup")
    result = LegitimateFlows().run(make(context=StaticContext(ContextFile(flows=(*flows, vital)), {})))
    cut = result.details["cut"]
    assert isinstance(cut, list)
    assert len(cut) == 20
    assert cut[0] == {
        "source": "files-02",
        "destination": "zz",
        "port": 1,
        "protocol": "tcp",
        "tag": "backup",
        "count": 1,
        "bytes": 0,
        "lines": 1,
        "at": "2026-11-21T03:11:02Z",
        "owner": "",
    }
    assert result.details["flows"] == {
        "backup": {"lines": 1, "count": 1, "bytes": 0},
        "business": {"lines": 30, "count": 30, "bytes": 0},
    }


def test_whoever_declared_the_traffic_is_named_before_whoever_owns_the_host(make: Make, site: ContextFile) -> None:
    flow = Flow(at=NOW, source="files-02", destination="bkp-02", port=8400, tag="backup", owner="night-shift")
    context = StaticContext(ContextFile(assets=site.assets, flows=(flow,)), {})
    assert LegitimateFlows().run(make(context=context)).summary.endswith("Z, ask night-shift)")


def test_lines_that_were_summed_up_are_all_counted(make: Make) -> None:
    some = [Flow(at=NOW, source=f"10.9.0.{n}", destination="files-02", port=80, tag="business") for n in range(5)]
    rest = Flow(at=NOW, source="", destination="", port=0, tag="business", lines=70, count=900, bytes=3)

    class Busy(StaticContext):
        def flows(self, scope: FlowScope, since: datetime, until: datetime | None = None) -> Sequence[Flow]:
            return (rest, *some)

    result = LegitimateFlows().run(make(context=Busy(ContextFile(flows=(SEEN,)), {})))
    assert result.summary.endswith("and 71 more")
    assert result.details["flows"] == {"business": {"lines": 75, "count": 905, "bytes": 3}}


@pytest.mark.parametrize(
    ("hours", "changes", "outcome"),
    [
        (47, {"tier": 2}, "pass"),
        (49, {"tier": 1}, "error"),
        (49, {"tier": 2}, "error"),
        (49, {"tier": 3}, "warn"),
        (49, {"tier": 3, "state": "authorised"}, "error"),
        (49, APPROVED, "pass"),
        (49, {**APPROVED, "tier": 2}, "warn"),
        (24 * 30, {"tier": 2}, "error"),
    ],
)
def test_where_nobody_looked_nothing_seen_means_nothing(
    make: Make, hours: int, changes: dict[str, object], outcome: str
) -> None:
    context = StaticContext(ContextFile(flows=(SEEN,)), {})
    result = LegitimateFlows().run(make(context=context, now=NOW + timedelta(hours=hours), **changes))
    assert result.outcome == outcome
    assert ("nobody knows what it would cut: import flows" in result.summary) == (hours > 48)


def test_policy_says_what_a_gap_means(make: Make) -> None:
    context, later = StaticContext(ContextFile(flows=(SEEN,)), {}), NOW + timedelta(days=3)
    lenient = make(context=context, now=later, look_back_terms=LookBackTerms(gap=OnGap.WARN))
    assert LegitimateFlows().run(lenient).outcome == "warn"
    patient = make(context=context, now=later, look_back_terms=LookBackTerms(fresh=timedelta(days=4)))
    assert LegitimateFlows().run(patient).outcome == "pass"


def test_what_is_known_to_be_cut_blocks_before_anybody_asks_who_looked(make: Make) -> None:
    flow = Flow(at=NOW, source="files-02", destination="bkp-02", port=8400, tag="backup")
    context = StaticContext(ContextFile(flows=(flow,)), {})
    assert LegitimateFlows().run(make(context=context, now=NOW + timedelta(days=5))).outcome == "block"
