"""Reviews, verdicts, sources and metrics as they are typed, against a running engine."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from detectors.generators import alerts
from engine.model.base import Json
from tests.bench import findings
from tests.console.cli.conftest import Run
from tests.processes import until

ANSWER = ("--verdict", "false_positive", "--reason", "ours")


def first(run: Run, *command: str) -> Json | None:
    """The first of a list, if there is one yet."""
    [listed] = run(*command, "--json").json.values()
    assert isinstance(listed, list)
    found: list[Json] = [item for item in listed if isinstance(item, dict)]
    return found[0] if found else None


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finding of the header detector that nobody is sure of."""
    folder = tmp_path_factory.mktemp("flow")
    like = findings(alerts.beaconing(datetime.now(UTC), beats=1), folder)[0]
    file = folder / "finding.json"
    found = like.model_copy(update={"detector": "dns.header_autoencoder", "confidence": 0.5})
    file.write_text(found.model_dump_json() + "\n")
    return file


def test_what_the_header_detector_found_waits_is_taken_and_answered(at: Path, run: Run, flow: Path) -> None:
    assert run("ingest", str(flow)).code == 0
    item = until(lambda: first(run, "review", "list"), "an item waits")
    taken = run("review", "take", str(item["id"]), "--as", "anna", "--json")
    refused = run("review", "take", str(item["id"]), "--as", "tom")
    lacking = run("review", "answer", str(item["id"]), *ANSWER, "--answer", "bytes=proper_dns", "--as", "anna")
    answers = [part for one in ("bytes=proper_dns", "peer=ours", "explained=business") for part in ("--answer", one)]
    answered = run("review", "answer", str(item["id"]), *ANSWER, *answers, "--as", "anna", "--json")
    assert {"id", "kind", "subject", "state", "deadline"} <= item.keys()
    assert (item["kind"], item["subject"]) == ("traffic", f"finding/{item['finding']}")
    assert (taken.code, taken.json["state"]) == (0, "taken")
    assert (refused.code, "is taken by `anna`" in refused.err) == (1, True)
    assert (lacking.code, [line.split("`")[1] for line in lacking.err.splitlines()]) == (2, ["peer", "explained"])
    assert (answered.code, answered.json["verdict"]) == (0, "false_positive")
    assert run("review", "list").out == ""


def test_findings_are_shown_and_judged(at: Path, run: Run, flow: Path) -> None:
    run("ingest", str(flow))
    name = json.loads(run("ingest", "--dry-run", "--json", str(flow)).out.splitlines()[0])["id"]
    shown = run("findings", "show", name, "--json").json
    assert (shown["id"], shown["detector"]) == (name, "dns.header_autoencoder")
    judged = run("findings", "verdict", name, "test", "--reason", "our scanner", "--as", "tom", "--json")
    verdicts = judged.json["verdicts"]
    assert isinstance(verdicts, list)
    assert (judged.code, "tom" in str(verdicts)) == (0, True)
    assert run("findings", "list").out.splitlines()[0].startswith("id")


def test_sources_and_metrics_are_told(at: Path, run: Run, flow: Path) -> None:
    run("ingest", str(flow))
    sources, metrics = run("sources"), run("metrics")
    assert "dns.header_autoencoder" in sources.out
    assert "unknown" in sources.out
    assert "automatic actions judged correct: 0 of 0" in metrics.out.splitlines()
    assert run("metrics", "--json").json["automation_accuracy"] == {
        "count": 0, "of": 0, "share": None, "bound": None, "by_verdict": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "said", "command"),
    [
        (1, "there is no review `RV-9999`", ("review", "take", "RV-9999")),
        (1, "there is no review `RV-9999`", ("review", "show", "RV-9999")),
        (1, "there is no finding `F-9`", ("findings", "verdict", "F-9", "test", "--reason", "x")),
        (1, "there is no request `AR-9999`", ("actions", "verdict", "AR-9999", "correct", "--reason", "x")),
        (2, "perhaps", ("actions", "verdict", "AR-9999", "perhaps", "--reason", "x")),
        (2, "--reason", ("actions", "verdict", "AR-9999", "correct")),
        (2, "`seen` is not of the form question=value", ("review", "answer", "RV-1", *ANSWER, "--answer", "seen")),
        (2, "`a` is answered twice", ("review", "answer", "RV-1", *ANSWER, "--answer", "a=b", "--answer", "a=c")),
        (2, "--days", ("metrics", "--days", "0")),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(
    at: Path, run: Run, code: int, said: str, command: tuple[str, ...]
) -> None:
    done = run(*command)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_task_that_does_not_exist_and_an_answer_without_its_question_are_refused(at: Path, run: Run) -> None:
    assert (run("tasks", "list").code, run("tasks", "list", "--json").json) == (0, {"tasks": []})
    assert run("tasks", "show", "TK-9").code == 1
    assert run("tasks", "answer", "TK-9", "--answer", "yes", "--as", "anna").code == 2
    assert run("tasks", "decline", "TK-9", "--reason", "no", "--as", "anna").code == 1
