"""Recording, and reading what people wrote: what others dropped, mixed up or took for success."""

import asyncio
import re
from pathlib import Path

import pytest

from detectors.generators import alerts
from engine.errors import InvalidInput
from engine.model.finding import Finding
from engine.playbook_file import parse_playbook
from tests.bench import Bench, findings
from tests.failures.conftest import SECOND, in_force, placed


async def test_two_rounds_of_one_step_are_two_in_the_record(bench: Bench) -> None:
    """SOARCA: a step visited twice was recorded once."""
    for _ in range(2):
        lease = await in_force(bench)
        await bench.later(30 * SECOND)
        await bench.carry(lease.key)
    assert [entry.subject for entry in bench.entries("lease.active")] == ["lease/L-0001", "lease/L-0002"]
    assert len(placed(bench)) == 2


async def test_the_record_keeps_every_event_under_load(bench: Bench) -> None:
    """Tracecat: the audit stream dropped events under load."""
    requests = await asyncio.gather(*(bench.ask(target=f"203.0.113.{n}") for n in range(1, 101)))
    recorded = {entry.subject for entry in bench.entries("request.requested")}
    assert recorded == {f"request/{request.id}" for request in requests}


async def test_no_incident_sees_the_values_of_another(bench: Bench, exfiltration: Finding, tmp_path: Path) -> None:
    """SOARCA: variables written into a shared definition leaked one run's host into the next."""
    beacon = findings(alerts.beaconing(bench.now, beats=1), tmp_path)[0]
    first, second = await bench.feed(exfiltration), await bench.feed(beacon)
    again = await bench.feed(exfiltration.model_copy(update={"id": "again", "time": bench.now}))
    targets = {
        incident: {
            request.target for request in bench.read(lambda tx: tx.requests.all()) if request.incident_id == incident
        }
        for incident in (first, second)
    }
    assert targets == {first: {"files-02", "203.0.113.44"}, second: {"198.51.100.23"}}
    assert again == first


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("{name: do, kind: http, action: network.block_ip, target: x, because: y}", "kind"),
        ("{name: do, action: network.teleport, target: x, because: y}", "network.teleport"),
        ("{name: do, action: network.block_ip, because: y}", "target"),
        ("{name: do, action: network.block_ip, target: '', because: y}", "target"),
    ],
)
def test_a_step_of_an_unknown_kind_or_without_a_target_refuses_the_playbook(bench: Bench, step: str, said: str) -> None:
    """SOARCA: unknown step types succeeded in silence, and an action without targets reported success."""
    text = f"playbook: p\nversion: 1\ndescription: d\nowner: o\nwhen: 'true'\nsteps:\n  - {step}\n"
    with pytest.raises(InvalidInput, match=said):
        parse_playbook(text, "p.yaml", bench.desk.specs)


@pytest.mark.parametrize("target", ["", " ", "; rm -rf /", "$(id)", "203.0.113.7; drop", "203.0.113.7\n", "{{ x }}"])
async def test_a_target_never_becomes_a_command_or_a_template(bench: Bench, target: str) -> None:
    """Values were written into shell lines, JSON and URLs."""
    with pytest.raises(InvalidInput):
        await bench.ask(target=target)
    assert bench.read(lambda tx: tx.requests.all()) == []


def test_the_page_names_tests_that_are_there() -> None:
    root = Path(__file__).parent.parent
    page = (root.parent / "docs" / "failures-of-others.md").read_text()
    written = "\n".join(file.read_text() for file in root.rglob("*.py"))
    named = re.findall(r"`(test_\w+)`", page)
    assert len(named) > 25
    assert [name for name in named if f"def {name}(" not in written] == []
    assert [path for path in re.findall(r"`(tests/[\w/.]+)`", page) if not (root.parent / path).exists()] == []
