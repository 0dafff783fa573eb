"""`fireline demo --scenario backup`, as anybody would play it: a real engine, real processes, every claim checked."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from console.cli.demo.home import environment
from detectors.generators.conn import nightly
from engine.flows.reading import Reading, read_records

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)


def test_the_backup_scenario_holds_what_it_claims(home: Path) -> None:
    command = [sys.executable, "-m", "console.cli.main", "demo", "--scenario", "backup", "--json"]
    variables = environment(home, {"PATH": str(Path(sys.executable).parent) + ":/usr/bin:/bin"})
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=180)
    assert (done.returncode, done.stderr) == (0, f"the demo's home stays: {home}\n")
    answer = json.loads(done.stdout)
    assert [what for what, held in answer["claims"].items() if not held] == []
    assert len(answer["claims"]) == 13
    isolations = [lease for lease in answer["leases"] if lease["action"] == "host.isolate"]
    assert [(lease["target"], lease["state"]) for lease in isolations] == [("files-01", "released")]
    assert {lease["action"] for lease in answer["leases"]} <= {"host.isolate", "network.block_ip", "evidence.capture"}


def test_its_log_is_one_that_a_sensor_might_have_written(tmp_path: Path) -> None:
    log, reading = tmp_path / "conn.log", Reading("conn.log")
    log.write_text("\n".join(nightly(NOW, 14, "10.20.4.16", "10.20.4.60")) + "\n")
    found = list(read_records(log, reading))
    assert (len(found), reading.broken) == (57, 0)
    assert [record.at for record in found if record.port == 8400] == sorted(r.at for r in found if r.port == 8400)
    assert max(record.at for record in found) < NOW.timestamp()
