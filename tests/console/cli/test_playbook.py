"""`fireline playbook`: checked, shown and read ahead, without an engine and without a trace."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.cli.main import app
from engine.errors import InvalidInput, ServiceAway

PLAYBOOKS = Path(__file__).parents[2] / "engine" / "playbooks"
FULL, CALLED = PLAYBOOKS / "full.yaml", PLAYBOOKS / "isolate-and-ask.yaml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["playbook", *map(str, arguments)])


@pytest.fixture
def finding(tmp_path: Path) -> Path:
    path = tmp_path / "finding.json"
    content = {
        "id": "F-1", "detector": "exfiltration.volume", "detector_version": "4", "time": "2026-11-21T03:11:02Z",
        "reported_time": "", "severity": "high", "confidence": 0.97, "category": "exfiltration", "title": "much data",
        "source": {"ip": "10.20.4.17", "host": "files-02"}, "destination": {"ip": "203.0.113.44", "port": 443},
        "origin": {"product": "fireline"}, "observables": [{"type": "host", "value": "files-02"}],
    }  # fmt: skip
    path.write_text(json.dumps(content) + "\n")
    return path


def test_files_that_call_each_other_are_checked_as_a_set() -> None:
    done = run("check", FULL, CALLED)
    assert done.exit_code == 0
    first, second = done.stdout.splitlines()
    assert first.startswith(f"{FULL}: playbook `full` version 2 is sound, digest ")
    assert second.startswith(f"{CALLED}: playbook `isolate-and-ask` version 3 is sound, digest ")


def test_every_error_of_every_file_is_told_with_its_place(tmp_path: Path) -> None:
    one, other, none = tmp_path / "one.yaml", tmp_path / "other.yaml", tmp_path / "none.yaml"
    one.write_text(FULL.read_text().replace("at_most: 5", "at_most: 500").replace("host.isolate", "host.isolat"))
    other.write_text(CALLED.read_text().replace("version: 3", "version: three").replace("input.host", "input.hots"))
    error = run("check", one, other, none).exception
    assert isinstance(error, InvalidInput)
    places = [line.removeprefix(f"{tmp_path}/").split(": ")[0] for line in str(error).splitlines()]
    assert places == [
        "none.yaml", "one.yaml:20:23", "one.yaml:63:14", "one.yaml:64:33", "other.yaml:2:10", "other.yaml:11:58",
    ]  # fmt: skip


def test_errors_are_told_to_programs_too(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(CALLED.read_text().replace("version: 3", "version: three"))
    done = run("check", tmp_path / "p.yaml", "--json")
    assert done.exit_code == 2
    [problem] = json.loads(done.stdout)["problems"]
    assert (problem["file"], problem["line"], problem["column"]) == (str(tmp_path / "p.yaml"), 2, 10)


def test_a_shipped_playbook_is_shown_by_its_name_and_any_by_its_file() -> None:
    assert run("show", "data-exfiltration").stdout.startswith("playbook `data-exfiltration` version ")
    assert "└─ look: task for whoever is on call: Look at the host" in run("show", CALLED).stdout
    assert json.loads(run("show", CALLED, "--json").stdout)["content"]["version"] == 3
    assert isinstance(run("show", "nothing-like-it").exception, InvalidInput)


def test_a_graph_is_written_where_one_wants_it(tmp_path: Path) -> None:
    assert run("show", CALLED, "--svg", tmp_path / "graph.svg").exit_code == 0
    assert (tmp_path / "graph.svg").read_text().startswith("<svg xmlns=")


def test_what_it_would_do_now_is_told_step_by_step_and_nothing_is_written(finding: Path, home: Path) -> None:
    lines = run("plan", FULL, CALLED, "--finding", finding).stdout.splitlines()
    assert lines[0] == "PLAN of playbook `full` version 2: nothing is asked for, done or written"
    assert "│     └─ block: network.block_ip 203.0.113.44" in lines
    assert "│  │  depends on `answer.ask.clean`" in lines
    assert "│  ├─ then [later]" in lines
    answer = json.loads(run("plan", FULL, CALLED, "--finding", finding, "--json").stdout)
    [_, right] = answer["steps"][0]["blocks"]
    assert right["steps"][0]["decision"]["policy"] == "baseline"
    assert {check["check"] for check in right["steps"][0]["decision"]["checks"]} >= {"budget"}
    assert not home.exists()


def test_a_finding_that_came_in_needs_the_engine_it_came_into(home: Path) -> None:
    assert isinstance(run("plan", FULL, CALLED, "--finding", "F-1").exception, ServiceAway)
