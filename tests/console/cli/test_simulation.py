"""Recorded flows on top of a simulated site reach the check of legitimate traffic."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console import first_run
from console.cli.assembly import assemble
from console.clock import now
from engine.control.hypothetical import suppose
from engine.errors import InvalidInput
from engine.model.check import CheckResult
from engine.settings import Settings
from engine.store.store import Store

ZEEK = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_bytes\tresp_bytes\tconn_state\n"


def looked_at(home: Path, flows: Path) -> CheckResult:
    """What the check says to isolating a workstation, with these flows beside the site's own."""
    settings = Settings(home=home, policy="demo", site="demo", flows=(flows,))
    settings.make_directories()
    first_run.init(home, "demo")
    desk, store = assemble(settings).desk, Store(settings.database_url)
    try:
        seen = store.ask(lambda tx: suppose(tx, desk, None, "host.isolate", "ws-114", {}, now()))
    finally:
        store.close()
    return next(check for check in seen.checks if check.check == "legitimate-flows")


def yesterday() -> datetime:
    return now() - timedelta(days=1)


def test_the_site_s_own_flows_only_warn(home: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "none.csv"
    nothing.write_text("time,source,destination,port\n")
    assert looked_at(home, nothing).outcome == "warn"


def test_a_record_in_csv_blocks_what_would_cut_a_backup(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "flows.csv"
    file.write_text(f"time,source,destination,port\n{yesterday().isoformat()},ws-114,bkp-02,8400\n")
    found = looked_at(home, file)
    assert (found.outcome, "backup ws-114 to bkp-02 tcp/8400" in found.summary) == ("block", True)


def test_a_record_that_calls_itself_a_backup_is_not_believed(home: Path, tmp_path: Path) -> None:
    """An insider's way to have the traffic of an attack spared."""
    file = tmp_path / "flows.csv"
    file.write_text(f"time,source,destination,port,tag\n{yesterday().isoformat()},ws-114,203.0.113.44,4444,backup\n")
    with pytest.raises(InvalidInput, match="the first line must name the columns time, source, destination, port"):
        looked_at(home, file)


def test_a_zeek_record_that_runs_like_a_known_job_serves_the_same(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "conn.log"
    at = yesterday().astimezone(UTC).timestamp()
    file.write_text(f"{ZEEK}{at:.6f}\tC1\t10.20.16.114\t50000\t10.20.4.60\t8400\ttcp\t9000\t100\tSF\n")
    found = looked_at(home, file)
    assert (found.outcome, "backup ws-114 to bkp-02 tcp/8400" in found.summary) == ("block", True)


def test_a_record_that_serves_nobody_known_stops_nothing(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "conn.log"
    at = yesterday().astimezone(UTC).timestamp()
    file.write_text(f"{ZEEK}{at:.6f}\tC1\t10.20.16.114\t50000\t203.0.113.80\t443\ttcp\t9000\t100\tSF\n")
    found = looked_at(home, file)
    assert (found.outcome, "203.0.113.80" in found.summary) == ("warn", False)


def test_a_record_that_cannot_be_read_is_told_at_its_place(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "flows.csv"
    file.write_text("time,source,destination,port\nyesterday,ws-114,10.9.9.9,4444\n")
    with pytest.raises(InvalidInput, match=r"flows\.csv:2:1: "):
        looked_at(home, file)
