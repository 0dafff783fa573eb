"""`fireline flows` as people and programs use it, on the demo's company."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.console.cli.conftest import Run

YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(microsecond=0)


def line(source: str = "10.20.4.16", destination: str = "10.20.4.60", port: int = 8400, size: int = 900) -> str:
    ends = {"src_ip": source, "dest_ip": destination, "src_port": 40000, "dest_port": port, "proto": "TCP"}
    flow = {"pkts_toclient": 1, "bytes_toserver": size, "end": YESTERDAY.isoformat()}
    return json.dumps({"event_type": "flow", **ends, "flow": flow}) + "\n"


@pytest.fixture
def eve(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FIRELINE_SITE", "demo")
    path = tmp_path / "eve.json"
    path.write_text(line() * 3 + line(destination="203.0.113.44", port=443))
    return path


def test_what_was_imported_is_told_and_counts_once(run: Run, eve: Path) -> None:
    done = run("flows", "import", str(eve))
    assert (done.code, done.out) == (0, f"{eve} (eve): 4 flows kept, 0 unread\n")
    assert run("flows", "import", str(eve)).out == f"{eve}: all of it is there already\n"


def test_a_line_that_cannot_be_read_is_told_and_the_others_count(run: Run, eve: Path) -> None:
    eve.write_text(line() * 12 + "{\n")
    done = run("flows", "import", str(eve), "--json")
    assert (done.code, done.err) == (2, f"fireline: {eve}:13: is no JSON object\n")
    assert done.json["imports"] == [
        {"file": str(eve), "format": "eve", "records": 12, "kept": 12, "broken": 1, "passed_over": {}, "already": False}
    ]


def test_a_file_that_is_no_flow_log_is_refused_and_the_others_count(run: Run, eve: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("hello\n")
    done = run("flows", "import", str(other), str(eve))
    assert (done.code, done.out) == (2, f"{eve} (eve): 4 flows kept, 0 unread\n")
    assert done.err.startswith(f"fireline: {other}:1: is no flow log that is read here")


def test_the_question_names_what_a_block_would_have_cut(run: Run, eve: Path) -> None:
    run("flows", "import", str(eve))
    answer = json.loads(run("flows", "query", "files-01", "--peer", "bkp-02", "--json").out)
    assert answer["tags"] == {"backup": {"lines": 1, "count": 3, "bytes": 2700}}
    (found,) = answer["lines"]
    assert (found["source"], found["destination"], found["owner"]) == ("files-01", "bkp-02", "platform-owners")
    assert found["at"] == YESTERDAY.isoformat().replace("+00:00", "Z")


def test_people_read_it_by_what_it_serves(run: Run, eve: Path) -> None:
    run("flows", "import", str(eve))
    said = run("flows", "query", "10.20.4.60", "--port", "8400").out.splitlines()
    assert said[0].startswith("backup: 2 lines, ")
    assert any("files-01 to bkp-02 tcp/8400  3 flows, 2700 bytes, last " in one for one in said)
    assert said[-1].startswith("records of 15 of 15 days; the last at ")


def test_nothing_to_cut_is_said_with_how_much_was_looked_at(
    run: Run, eve: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FIRELINE_SITE")
    place = tmp_path / "place.yaml"
    place.write_text("assets: []\n")
    monkeypatch.setenv("FIRELINE_CONTEXT", str(place))
    monkeypatch.setenv("FIRELINE_CONNECTORS", '[{"kind": "nftables", "instance": "edge-1"}]')
    run("flows", "import", str(eve))
    said = run("flows", "query", "203.0.113.44", "--look-back", "7d").out.splitlines()
    assert said[0] == "no declared traffic would have been cut"
    assert said[1].startswith("records of 1 of 8 days; the last at ")


def test_a_name_that_nobody_knows_is_refused(run: Run, eve: Path) -> None:
    done = run("flows", "query", "nobody")
    assert done.code == 2
    assert "`nobody` is no address, no network, and no host that is known here" in done.err
