"""What holds for every shipped playbook: sound, said of it what it is for and never does, and one for each finding."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from actions.registry import ActionSpecs
from console.cli.main import app
from engine.control.plan import answering
from engine.control.runs import run_facts
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.incident import Incident, IncidentState
from engine.planner import Judged, foresee
from engine.playbook import CompiledAction, Playbook, walk
from engine.playbook_file import load_playbooks

ROOT = Path(__file__).parents[3]
FILES = sorted((ROOT / "workflows" / "playbooks").glob("*.yaml"))
PAGE = (ROOT / "docs" / "shipped-playbooks.md").read_text()
PLAYBOOKS = {playbook.id: playbook for playbook in load_playbooks(FILES[0].parent, ActionSpecs())}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = dict(re.findall(r"(?m)^\| (T\d{4}(?:\.\d{3})?|D3-[A-Z]+) \| ([^|]+?) \|$", PAGE))
INSIDE, OUTSIDE = Endpoint(ip="10.20.16.114", host="ws-114"), Endpoint(ip="203.0.113.60", port=443)
USER, ADMIN = ("user", "j.baker"), ("user", "adm-k.wolf")


def finding(category: str, techniques: str = "", detector: str = "d.d", *seen: tuple[str, str]) -> Finding:
    """A host inside and an address outside; `seen` are observables as kind and value."""
    return Finding(
        id="F-1", detector=detector, detector_version="1", time=NOON, reported_time="", severity=Severity.HIGH,
        confidence=0.9, category=category, title="t", techniques=tuple(techniques.split()), origin=Origin(product="p"),
        source=INSIDE, destination=OUTSIDE,
        observables=tuple(Observable(type=ObservableType(kind), value=value) for kind, value in seen),
    )  # fmt: skip


def incident() -> Incident:
    return Incident(
        id="INC-1", key="k", generation=1, state=IncidentState.OPEN, title="t", severity=Severity.HIGH, confidence=0.9,
        opened_at=NOON, first_seen=NOON, last_seen=NOON, finding_ids=("F-1",),
    )  # fmt: skip


def answers(found: Finding) -> list[str]:
    plan = answering(tuple(PLAYBOOKS.values()), incident(), found, run_facts(found, incident()))
    assert isinstance(plan, tuple)
    return [playbook.id for playbook in plan]


def comments(path: Path) -> Iterator[str]:
    return (line for line in path.read_text().splitlines() if line.lstrip().startswith("# "))


def test_check_finds_nothing_wrong_with_any_of_them() -> None:
    done = CliRunner().invoke(app, ["playbook", "check", *map(str, FILES)])
    assert (done.exit_code, done.stdout.count(" is sound, digest ")) == (0, len(FILES))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_each_file_is_named_after_its_playbook_and_begins_with_why_it_is_as_it_is(path: Path) -> None:
    assert PLAYBOOKS[path.stem].document.playbook == path.stem
    assert path.read_text().startswith("# ") and len([*comments(path)]) >= 2


@pytest.mark.parametrize("playbook", PLAYBOOKS.values(), ids=lambda playbook: playbook.id)
def test_each_names_its_countermeasures_what_it_never_does_and_the_techniques_it_answers(playbook: Playbook) -> None:
    document = playbook.document
    assert document.countermeasures and document.never
    assert bool(document.techniques) == (document.when is not None)


def test_every_id_that_one_of_them_names_stands_on_the_page_and_no_other() -> None:
    named = {id_ for one in PLAYBOOKS.values() for id_ in (*one.document.techniques, *one.document.countermeasures)}
    assert NAMES.keys() == named


@pytest.mark.parametrize("playbook", PLAYBOOKS.values(), ids=lambda playbook: playbook.id)
def test_the_page_tells_of_each_what_its_file_says(playbook: Playbook) -> None:
    part = PAGE.partition(f"\n## {playbook.id}\n")[2].partition("\n## ")[0]
    document = playbook.document
    said = " ".join(part.split())
    assert " ".join(document.description.split()) in said
    assert [text for text in document.never if f"- {text}\n" not in part] == []
    assert all(id_ in part for id_ in (*document.techniques, *document.countermeasures))


@pytest.mark.parametrize("playbook", PLAYBOOKS.values(), ids=lambda playbook: playbook.id)
def test_none_does_anything_that_cannot_be_undone(playbook: Playbook) -> None:
    steps = [step for step in walk(playbook.block) if isinstance(step, CompiledAction)]
    assert [step.step.name for step in steps if step.call.spec.final] == []


@pytest.mark.parametrize("playbook", PLAYBOOKS.values(), ids=lambda playbook: playbook.id)
def test_read_ahead_twice_it_says_the_same(playbook: Playbook) -> None:
    facts = run_facts(finding("malware", "T1071", "d.d", ("domain", "a.example"), USER), incident())
    assert foresee(playbook, facts, lambda _: Judged({})) == foresee(playbook, facts, lambda _: Judged({}))


@pytest.mark.parametrize(
    ("found", "playbook"),
    [
        (finding("A Network Trojan was detected", "T1071"), "known-bad-address"),
        (finding("command-and-control", "T1071.001", "d.d", ("domain", "a.example")), "known-bad-address"),
        (finding("command_and_control", "T1571", "dns.header_autoencoder"), "dns-misuse"),
        (finding("dns tunnelling"), "dns-misuse"),
        (finding("x", "T1071.004 T1048.003", "d.d", ("domain", "a.example")), "dns-misuse"),
        (finding("Domain Observed Used for C2 Detected", "", "d.d", ("domain", "a.example")), "malicious-domain"),
        (finding("x", "T1568.002", "d.d", ("domain", "a.example")), "malicious-domain"),
        (finding("exfiltration", "T1048"), "data-exfiltration"),
        (finding("x", "T1041 T1071"), "data-exfiltration"),
        (finding("x", "", "exfiltration.volume"), "data-exfiltration"),
        (finding("Brute-force attack", "T1110.004 T1078", "d.d", USER), "credential-stuffing"),
        (finding("account-takeover", "T1078", "d.d", USER), "account-compromise"),
        (finding("account-takeover", "T1078", "d.d", ADMIN), "privileged-account-compromise"),
        (finding("mfa fatigue", "T1621", "d.d", ("user", "root")), "privileged-account-compromise"),
        (finding("credential-access", "T1003.006"), "host-compromise"),
        (finding("lateral-movement", "T1021.002 T1078", "d.d", USER), "host-compromise"),
        (finding("Attempted Administrator Privilege Gain"), "host-compromise"),
        (finding("x", "T1490 T1021.002", "d.d", USER), "ransomware-precursor"),
        (finding("Ransomware", "T1486 T1041"), "ransomware-precursor"),
        (finding("phishing", "T1566.001", "d.d", ("message", "<a@b>"), USER), "phishing-attachment"),
        (finding("malware", "T1204.002", "d.d", ("message", "<a@b>"), ("domain", "a.example")), "phishing-attachment"),
    ],
    ids=lambda item: item if isinstance(item, str) else item.category,
)  # fmt: skip
def test_each_finding_starts_the_one_that_fits(found: Finding, playbook: str) -> None:
    assert answers(found) == [playbook]


@pytest.mark.parametrize("category", ["Not Suspicious Traffic", "Generic Protocol Command Decode", "policy violation"])
def test_what_is_no_attack_starts_none(category: str) -> None:
    assert answers(finding(category)) == []
