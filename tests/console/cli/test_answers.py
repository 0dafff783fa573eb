"""How answers read for a person: local times, and a line for each reason, check and action."""

import time
from collections.abc import Iterator

import pytest

from console.cli.answers import needed, rows, show, text
from console.cli.output import Output
from console.cli.telling import tell_status
from engine.model.base import Json

AT = "2026-11-21T03:00:00.5+00:00"
HERE = "2026-11-21 05:00:00 LOC"


@pytest.fixture(autouse=True)
def two_hours_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as zone:
        zone.setenv("TZ", "LOC-2")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("instant", [AT, "2026-11-21T03:00:00Z", "2026-11-21T04:00:00+01:00"])
def test_an_instant_in_a_cell_is_told_in_local_time(instant: str) -> None:
    assert [*rows({"leases": [{"id": "L-1", "expires_at": instant}]}, "leases", ("id", "expires_at"))] == [
        ["L-1", HERE]
    ]


@pytest.mark.parametrize("value", ["2026-11-21", f"at {AT}", "10.0.0.1", f"{AT} "])
def test_what_only_holds_an_instant_is_left_as_it_is(value: str) -> None:
    assert text(value) == value


REASON: Json = {"rule": "block-known-bad", "text": "tier 1: two origins"}
CHECK: Json = {"check": "budget", "outcome": "pass", "summary": "within budget", "details": {}, "narrowed": None}
ACTION: Json = {
    "id": "AR-0001", "action": "network.block_ip", "target": "203.0.113.7", "tier": 1, "state": "held",
    "outcome": None, "executor": "simulated", "reasons": [REASON], "requested_at": AT,
}  # fmt: skip


def test_reasons_and_checks_are_a_line_each_without_braces(capsys: pytest.CaptureFixture[str]) -> None:
    show(Output(), {"tier": 1, "reasons": [REASON], "checks": [CHECK], "at": AT, "params": {}})
    assert capsys.readouterr().out.splitlines() == [
        "tier: 1",
        "reasons:",
        "  block-known-bad: tier 1: two origins",
        "checks:",
        "  pass   budget: within budget",
        f"at: {HERE}",
    ]


def test_an_incident_s_actions_and_findings_are_told_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    show(Output(), {"id": "INC-1", "actions": [ACTION], "findings": [{"id": "F-1", "time": AT, "raw": {"x": [1]}}]})
    assert capsys.readouterr().out.splitlines() == [
        "id: INC-1",
        "actions:",
        "  AR-0001 network.block_ip 203.0.113.7 [SIMULATED SITE]  tier 1  held",
        "    block-known-bad: tier 1: two origins",
        "findings:",
        "  - id: F-1",
        f"    time: {HERE}",
        "    raw:",
        "      x:",
        "        1",
    ]


@pytest.mark.parametrize(
    ("missing", "group_missing", "told"),
    [
        (0, False, "the quorum is there"),
        (1, False, "1 more needed"),
        (2, True, "2 more needed, one from dbas or leads"),
    ],
)
def test_what_a_vote_leaves_to_be_said_names_the_groups(missing: int, group_missing: bool, told: str) -> None:
    answer: Json = {"missing": missing, "group_missing": group_missing, "groups": ["dbas", "leads"], "agreed_s": None}
    assert needed(answer) == told


def test_a_vote_beside_a_denial_is_not_said_to_be_all_that_is_needed() -> None:
    answer: Json = {"missing": 0, "denied_by": "jonas", "final_at": "2026-11-22T03:12:05Z"}
    assert needed(answer) == "jonas said no: nothing is done unless that is taken back by 2026-11-22T03:12:05Z"


def test_status_tells_which_budget_is_used_up_and_until_when() -> None:
    lists = [
        "stuck",
        "frozen",
        "break_glass",
        "tripped",
        "in_force",
        "waiting_for",
        "proposals",
        "tasks",
        "reviews",
        "pages",
        "sick_sources",
        "stale_context",
        "stale_flows",
        "undelivered",
        "ending",
        "connectors",
        "queued",
    ]
    over: Json = {"budget": "block-outside", "window": "hour", "used": 3, "limit": 3, "until": AT}
    answer: Json = {"at": AT, "policy": {"name": "demo", "digest": "ab"}, "ends_next": None, "dead_letters": 0}
    told = [*tell_status({**answer, **{name: [] for name in lists}, "over_budget": [over]})]
    assert told[told.index("over budget: 1") + 1] == f"  block-outside  hour  3  3  {HERE}"


def test_a_visit_of_a_step_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    visit: Json = {"path": "all/each[1]/isolate", "kind": "action", "state": "failed", "follows": "AR-0007"}
    show(Output(False), {"visits": [visit | {"because": "AR-0007 is denied", "joined": False}]})
    assert capsys.readouterr().out.splitlines() == [
        "visits:",
        "  failed    all/each[1]/isolate (action)  AR-0007: AR-0007 is denied",
    ]
