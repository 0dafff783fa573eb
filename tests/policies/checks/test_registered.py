"""All checks together: registered, named as their file, total, trivial where nothing changes, and quick."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import policies.checks
from engine.model.action import Executor, Impact, Reversal, Spare, TargetKind
from engine.model.budget import BudgetLimits, Usage
from engine.model.context import Asset, Criticality, Identity
from engine.model.decision import Tier
from engine.model.request import RequestState
from engine.ports import Check, ConnectorState, Context, Subject
from engine.validate import run_checks
from policies.checks import CHECKS

Make = Callable[..., Subject]
FILES = sorted(path.stem for path in Path(policies.checks.__path__[0]).glob("[!_]*.py"))
ACTIONS = {
    "host.isolate": ("files-02", "files-03", "bkp-02", "gw-01", "nowhere"),
    "host.contain_ports": ("files-01", "dc-01", "nowhere"),
    "network.block_ip": ("203.0.113.44", "10.20.4.17", "::1", "2001:db8::7", "172.28.0.10"),
    "network.block_segment": ("10.20.4.0/24", "0.0.0.0/0", "10.20.64.0/24", "2001:db8::/32"),
    "identity.disable_account": ("j.baker", "dir-a.nowak", "glass-01", "nobody"),
    "identity.revoke_sessions": ("adm-k.wolf", "nobody"),
    "mail.quarantine": ("<20261121.0007@mail.example>", "<other@mail.example>"),
    "notify": ("anybody",),
}
NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)

counts = st.integers(0, 200)
limits = st.none() | counts
names = st.sampled_from(["files-02", "files-03", "10.20.4.17", "10.20.4.0/24", "dir-a.nowak", "x", "", "::"])
scopes = (
    st.sampled_from(["global", "action:host.isolate", "target:files-02", "connector:sim", "detector:x"]) | st.text()
)
things = st.builds(
    Asset,
    name=names,
    addresses=st.tuples(names),
    criticality=st.sampled_from(Criticality),
    redundancy_group=st.sampled_from(["", "orders-db"]),
    untouchable=st.booleans(),
    fingerprint=st.text(max_size=3),
)
accounts = st.builds(
    Identity,
    name=names,
    criticality=st.sampled_from(Criticality),
    administrator=st.booleans(),
    break_glass=st.booleans(),
    untouchable=st.booleans(),
)
connectors = st.builds(
    ConnectorState,
    instance=st.sampled_from(["sim", "edge-1"]),
    executor=st.sampled_from(Executor),
    healthy=st.booleans(),
    seen_at=st.just(NOW) | st.just(NOW - timedelta(days=1)) | st.just(NOW + timedelta(days=1)),
)
wholes = st.fixed_dictionaries(
    {},
    optional={
        "tier": st.integers(0, 4),
        "state": st.sampled_from([state.value for state in RequestState]),
        "approved": st.booleans(),
        "asset": st.none() | things,
        "identity": st.none() | accounts,
        "usage": st.builds(Usage, counts, counts, counts, counts, counts),
        "limits": st.builds(BudgetLimits, limits, limits, limits, counts, limits, counts, st.floats(0, 1)),
        "freezes": st.lists(scopes, max_size=3).map(tuple),
        "connector": st.none() | connectors,
        "in_force": st.lists(names, max_size=4).map(tuple),
        "cut_off": st.lists(names, max_size=4).map(tuple),
        "look_back": st.timedeltas(timedelta(0), timedelta(days=400)),
        "request": st.fixed_dictionaries(
            {"fingerprint": st.none() | st.text(max_size=3), "requester": st.text(max_size=9)}
        ),
        "spec": st.fixed_dictionaries(
            {
                "impact": st.sampled_from(Impact),
                "reversal": st.sampled_from(Reversal),
                "lasting": st.booleans(),
                "target": st.sampled_from(TargetKind),
            }
        ),
    },
)


@pytest.fixture(scope="session")
def checks() -> dict[str, Check]:
    return {check.id: check for check in CHECKS}


@pytest.mark.parametrize("name", FILES)
def test_every_file_holds_one_registered_check_of_its_name(name: str, checks: dict[str, Check]) -> None:
    check = checks[name.replace("_", "-")]
    assert type(check).__module__ == f"policies.checks.{name}"
    assert import_module(f"policies.checks.{name}").__doc__


def test_nothing_else_is_registered_and_nothing_twice() -> None:
    assert sorted(check.id.replace("-", "_") for check in CHECKS) == FILES


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_check_is_frozen(check: Check) -> None:
    with pytest.raises(AttributeError):
        check.id = "other"  # type: ignore[misc]


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([(action, target) for action, targets in ACTIONS.items() for target in targets]), wholes)
def test_every_check_answers_whatever_it_is_asked(make: Make, asked: tuple[str, str], whole: dict[str, object]) -> None:
    answers = run_checks(CHECKS, make(*asked, **whole))
    assert [answer for answer in answers if answer.outcome == "error"] == []
    assert [answer for answer in answers if "\n" in answer.summary or not answer.summary] == []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([(action, target) for action, targets in ACTIONS.items() for target in targets]), wholes)
def test_what_changes_nothing_passes_everything(make: Make, asked: tuple[str, str], whole: dict[str, object]) -> None:
    answers = run_checks(CHECKS, make(*asked, **{**whole, "spec": {"impact": Impact.NONE}}))
    assert {answer.outcome for answer in answers} == {"pass"}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["gw-01", "dns-01", "idp-01", "siem-01"]), wholes)
def test_the_untouchable_is_never_let_through(make: Make, target: str, whole: dict[str, object]) -> None:
    asked = {**whole, "spec": {}}
    outcomes = {answer.check: answer.outcome for answer in run_checks(CHECKS, make("host.isolate", target, **asked))}
    assert outcomes["untouchable"] == "block"


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wholes)
def test_the_protected_is_let_through_at_tier_4_alone_and_approved(make: Make, whole: dict[str, object]) -> None:
    guarded = Asset(name="files-02", criticality=Criticality.PROTECTED)
    subject = make("host.isolate", "files-02", **{**whole, "spec": {}, "asset": guarded})
    outcomes = {answer.check: answer.outcome for answer in run_checks(CHECKS, subject)}
    planned = subject.request.state is not RequestState.AUTHORISED
    by_two = subject.decision.tier == Tier.ASK_TWO and (planned or subject.approved)
    assert (outcomes["protected"] == "block") is not by_two


def test_a_plan_reads_as_the_demo_shows_it(make: Make, place: Context) -> None:
    spare = [Spare(peer="files-03", port=5433).model_dump()]
    answers = run_checks(CHECKS, make("host.isolate", "files-02", tier=4, params={"spare": spare}))
    assert [answer.check for answer in answers if answer.outcome != "pass"] == ["legitimate-flows", "dependents"]
