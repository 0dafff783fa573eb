"""What the tables of single checks pass over: nothing harmless is held up, and a name means only what it names."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.context.file import ContextFile
from engine.context.static import StaticContext
from engine.model.action import Impact
from engine.model.budget import BudgetLimits, Usage
from engine.model.context import Asset, Identity, Indicator, Pap
from engine.model.request import RequestState
from engine.ports import Check, Context, Subject
from policies.checks.budget import Budget
from policies.checks.connector_healthy import ConnectorHealthy
from policies.checks.default_gateway import DefaultGateway
from policies.checks.dependents import Dependents
from policies.checks.hypervisor import Hypervisor
from policies.checks.intel_markings import IntelMarkings
from policies.checks.last_administrator import LastAdministrator
from policies.checks.legitimate_flows import LegitimateFlows
from policies.checks.redundancy_group import RedundancyGroup
from policies.checks.resolver import Resolver
from policies.checks.target_concurrency import TargetConcurrency
from policies.checks.target_exists import TargetExists
from policies.checks.target_unchanged import TargetUnchanged
from policies.checks.untouchable import Untouchable

Make = Callable[..., Subject]
HARMLESS = {"spec": {"impact": Impact.NONE}}


@pytest.mark.parametrize(
    ("check", "action", "target"),
    [
        (DefaultGateway(), "host.isolate", "core-01"),
        (Resolver(), "host.isolate", "ns-01"),
        (Hypervisor(), "host.isolate", "hv-01"),
        (Dependents(), "host.isolate", "hv-01"),
        (TargetExists(), "host.isolate", "nowhere"),
    ],
)
def test_what_changes_nothing_is_not_held_up(
    make: Make, hazardous: Context, check: Check, action: str, target: str
) -> None:
    answer = check.run(make(action, target, context=hazardous, **HARMLESS))
    assert (answer.outcome, answer.details) == ("pass", {})
    assert check.run(make(action, target, context=hazardous)).outcome != "pass"


def test_nor_is_it_where_an_account_or_traffic_is_meant(make: Make) -> None:
    assert LastAdministrator().run(make("identity.disable_account", "glass-01", **HARMLESS)).outcome == "pass"
    assert LegitimateFlows().run(make("host.isolate", "files-02", **HARMLESS)).outcome == "pass"
    assert LegitimateFlows().run(make("host.isolate", "files-02")).outcome == "block"


@pytest.mark.parametrize("check", [DefaultGateway(), Resolver(), Dependents()], ids=lambda check: check.id)
@pytest.mark.parametrize("name", ["core-01", "ns-01", "hv-01"])
def test_an_account_called_like_a_host_is_no_host(make: Make, hazardous: Context, check: Check, name: str) -> None:
    answer = check.run(make("identity.disable_account", name, context=hazardous))
    assert (answer.outcome, answer.details) == ("pass", {})


def test_traffic_of_a_host_is_none_of_an_account_of_its_name(make: Make) -> None:
    assert LegitimateFlows().run(make("identity.disable_account", "files-02")).outcome == "pass"
    assert LegitimateFlows().run(make("host.isolate", "files-02", spec={"lasting": False})).outcome == "pass"


def test_a_host_without_an_owner_adds_no_owner(make: Make, hazardous: Context) -> None:
    answer = Dependents().run(make("host.isolate", "hv-01", context=hazardous))
    assert answer.details["owners"] == ["shop"]
    assert answer.summary == "would cut off web-01, web-02 (owners: shop)"
    nobodys = Dependents().run(make("host.isolate", "hv-02", context=hazardous))
    assert nobodys.summary == "would cut off vault-01 (owners: unknown)"


def test_a_connector_that_gives_no_reason_is_said_to_give_none(make: Make) -> None:
    subject = make("host.isolate", "files-02")
    assert subject.connector is not None
    sick = replace(subject, connector=replace(subject.connector, healthy=False, error=""))
    assert ConnectorHealthy().run(sick).summary == "connector `sim` is not healthy: no reason given"


def test_hosts_of_no_redundancy_group_are_not_each_others_spare(make: Make) -> None:
    answer = RedundancyGroup().run(make("host.isolate", "ws-114", in_force=("ws-127",)))
    assert (answer.outcome, answer.summary) == ("pass", "no redundancy group")
    both = RedundancyGroup().run(make("network.block_segment", "10.20.4.0/24", in_force=("ws-127", "ws-114")))
    assert both.summary == "would hit several of orders-db: files-02, files-03"


def test_a_host_nobody_knows_meets_nothing(make: Make) -> None:
    assert TargetConcurrency().run(make("host.isolate", "nowhere", in_force=("ws-127",))).outcome == "pass"
    assert TargetConcurrency().run(make("network.block_ip", "203.0.113.9", in_force=("ws-127",))).outcome == "pass"


def test_a_segment_without_a_host_is_known_by_its_name(make: Make, hazardous: Context) -> None:
    assert TargetExists().run(make("network.block_segment", "10.9.4.0/24", context=hazardous)).outcome == "pass"
    assert TargetExists().run(make("network.block_segment", "10.77.0.0/24", context=hazardous)).outcome == "block"


def test_an_account_that_became_another_is_not_acted_on(make: Make) -> None:
    planned = {"state": "authorised", "request": {"fingerprint": "hired-2019"}}
    check, action = TargetUnchanged(), "identity.disable_account"
    other, same = (Identity(name="j.baker", fingerprint=hired) for hired in ("hired-2026", "hired-2019"))
    assert check.run(make(action, "j.baker", identity=other, **planned)).outcome == "block"
    assert check.run(make(action, "j.baker", identity=same, **planned)).outcome == "pass"


def test_a_target_is_guarded_by_itself_and_by_the_name_of_what_stands_there(make: Make) -> None:
    other = Asset(name="nothing-special")
    itself = Untouchable().run(make("network.block_ip", "10.20.1.5", asset=other))
    assert itself.summary == "`10.20.1.5`: the chat server that approvals go through"
    standing = Untouchable().run(make("network.block_ip", "10.20.16.77", asset=Asset(name="gw-01")))
    assert standing.summary == "`10.20.16.77`: `gw-01` is flagged untouchable"


def test_only_an_address_or_a_segment_is_itself_what_an_indicator_names(make: Make) -> None:
    red = Indicator.model_validate(
        {"type": "ip", "value": "10.20.4.17", "origin": "cert", "owner": "cert", "confidence": 0.9, "pap": Pap.RED,
         "seen_at": "2026-11-20T00:00:00Z"}
    )  # fmt: skip
    asked = {"indicators": (red,), "tier": 4, "approved": True, "state": RequestState.AUTHORISED}
    assert IntelMarkings().run(make("host.isolate", "10.20.4.17", **asked)).outcome == "warn"
    assert IntelMarkings().run(make("network.block_segment", "10.20.4.0/24", **asked)).outcome == "block"
    named = red.model_copy(update={"type": "domain", "source_id": "indicator--7"})
    other = IntelMarkings().run(make("network.block_segment", "10.20.4.0/24", **{**asked, "indicators": (named,)}))
    assert (other.outcome, other.details) == ("warn", {"indicators": ["indicator--7"]})


@pytest.mark.parametrize(("guests", "told"), [(20, "guest-19, and needs"), (21, "guest-19 and 1 more, and needs")])
def test_many_names_are_cut_short_and_counted(make: Make, guests: int, told: str) -> None:
    machines = tuple(Asset(name=f"guest-{number:02}", runs_on="hv") for number in range(guests))
    context = StaticContext(ContextFile(assets=(Asset(name="hv"), *machines)), {})
    assert told in Hypervisor().run(make("host.isolate", "hv", context=context)).summary


@pytest.mark.parametrize("limit", ["segment_hour", "segment_day"])
def test_a_segments_budget_holds_exactly_as_many_as_it_says(make: Make, limit: str) -> None:
    limits = replace(BudgetLimits(hour=9), **{limit: 2})
    assert Budget().run(make(limits=limits, usage=replace(Usage(hour=1), **{limit: 1}))).outcome == "pass"
    spent = Budget().run(make(limits=limits, usage=replace(Usage(hour=1), **{limit: 2})))
    assert (spent.outcome, spent.details) == ("block", {"over": ["segment"]})


def test_traffic_that_people_approved_at_tier_3_may_be_cut(make: Make) -> None:
    spare = {"spare": [{"peer": "files-03", "port": 5433, "protocol": "tcp"}]}
    asked = {"params": spare, "approved": True, "state": "authorised"}
    assert LegitimateFlows().run(make("host.isolate", "files-02", tier=3, **asked)).outcome == "pass"
