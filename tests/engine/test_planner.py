"""Plans: playbooks bound to a finding, all or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.facts import finding_facts
from engine.model.finding import Endpoint, Finding, Origin, Severity
from engine.model.incident import Incident, IncidentState
from engine.model.playbook import PlannedStep, PlanRefused
from engine.planner import build_plan
from engine.playbook import Playbook
from engine.playbook_file import parse_playbook
from engine.ports import Specs

NOW = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC)
INCIDENT = Incident(
    id="INC-3", key="host:files-02", generation=1, state=IncidentState.OPEN, title="exfiltration",
    severity=Severity.HIGH, confidence=0.9, opened_at=NOW, first_seen=NOW, last_seen=NOW, finding_ids=("F-1",),
)  # fmt: skip
HEAD = "version: 3\ndescription: d\nowner: o\n"
EXFILTRATION = f"""\
playbook: exfiltration
{HEAD}
when: finding.category == "exfiltration"
steps:
  - {{name: isolate, action: host.isolate, target: = finding.source.host, lease: 30m, because: data leaves}}
  - name: block
    action: network.block_ip
    target: = finding.destination.ip
    params: {{port: = finding.destination.port}}
    when: finding.destination.ip != ""
    because: there it goes
"""
TELL = f"""\
playbook: tell
{HEAD}
when: finding.severity_rank >= 3
steps:
  - {{name: tell, action: notify, target: = "about " + incident.id, because: people should know}}
"""


def finding(**changes: object) -> Finding:
    usual: dict[str, object] = {
        "id": "F-1", "detector": "exfiltration.volume", "detector_version": "4", "time": NOW, "reported_time": "",
        "severity": Severity.HIGH, "confidence": 0.97, "category": "exfiltration", "title": "much data",
        "source": Endpoint(ip="10.20.4.17", host="files-02"), "destination": Endpoint(ip="203.0.113.44", port=443),
        "origin": Origin(product="fireline"),
    }  # fmt: skip
    return Finding.model_validate({**usual, **changes})


@pytest.fixture(scope="module")
def playbooks(specs: Specs) -> tuple[Playbook, ...]:
    return (parse_playbook(EXFILTRATION, "e.yaml", specs), parse_playbook(TELL, "t.yaml", specs))


def planned(playbooks: tuple[Playbook, ...], found: Finding) -> tuple[PlannedStep, ...] | PlanRefused:
    return build_plan(playbooks, INCIDENT, found, finding_facts(found, INCIDENT))


def test_every_matching_playbook_gives_its_steps_bound_and_in_order(playbooks: tuple[Playbook, ...]) -> None:
    plan = planned(playbooks, finding())
    assert isinstance(plan, tuple)
    isolate, block, tell = plan
    assert (isolate.playbook, isolate.version, isolate.digest) == ("exfiltration", 3, playbooks[0].digest)
    assert (isolate.step, isolate.action, isolate.target) == ("isolate", "host.isolate", "files-02")
    assert (isolate.lease, isolate.because) == (timedelta(minutes=30), "data leaves")
    assert block.params == {"target": "203.0.113.44", "host": None, "port": 443}
    assert (tell.target, tell.lease) == ("about inc-3", None)


def test_no_matching_playbook_is_an_empty_plan(playbooks: tuple[Playbook, ...]) -> None:
    assert planned(playbooks, finding(category="noise", severity=Severity.LOW)) == ()


def test_a_step_whose_condition_does_not_hold_is_left_out(playbooks: tuple[Playbook, ...]) -> None:
    plan = planned(playbooks, finding(destination=None))
    assert isinstance(plan, tuple)
    assert [step.step for step in plan] == ["isolate", "tell"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"source": None},
            "playbook `exfiltration`: step `isolate`: `target`: `finding.source.host` has no value here",
        ),
        (
            {"source": Endpoint(host="= finding.id")},
            "playbook `exfiltration`: step `isolate`: `target`: `finding.source.host` begins with `=`",
        ),
        (
            {"source": Endpoint(host="files 02; reboot")},
            "playbook `exfiltration`: step `isolate`: `target`: string should match pattern '^[a-z0-9-]+$'",
        ),
        (
            {"destination": Endpoint(ip="203.0.113.44")},
            "playbook `exfiltration`: step `block`: `port`: input should be greater than or equal to 1",
        ),
    ],
)
def test_a_value_that_is_none_refuses_the_whole_plan(
    changes: dict[str, object], reason: str, playbooks: tuple[Playbook, ...]
) -> None:
    assert planned(playbooks, finding(**changes)) == PlanRefused(reason=f"INC-3, finding `F-1`: {reason}")


@pytest.mark.parametrize(
    ("before", "after", "where"),
    [
        ('finding.category == "exfiltration"', 'finding.tags[0] == "x"', "playbook `exfiltration`: "),
        ('finding.destination.ip != ""', 'finding.tags[0] == "x"', "playbook `exfiltration`: step `block`: "),
    ],
)
def test_a_condition_without_an_answer_refuses_the_whole_plan(
    before: str, after: str, where: str, specs: Specs
) -> None:
    playbook = parse_playbook(EXFILTRATION.replace(before, after), "e.yaml", specs)
    refused = PlanRefused(reason=f"INC-3, finding `F-1`: {where}Index error: index=0 size=0")
    assert planned((playbook,), finding()) == refused


def test_facts_that_are_missing_refuse_the_plan(playbooks: tuple[Playbook, ...]) -> None:
    assert isinstance(build_plan(playbooks, INCIDENT, finding(), {}), PlanRefused)
