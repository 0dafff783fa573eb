"""The kill switch and break-glass as they are typed, against a running engine."""

import sys
from io import StringIO
from pathlib import Path

import pytest

from tests.console.cli.conftest import Run
from tests.processes import until

DESK = "10.20.16.114"


class Terminal(StringIO):
    """What somebody types, at a terminal."""

    def isatty(self) -> bool:
        return True


def test_break_glass_acts_is_told_and_waits_for_somebody_else(at: Path, run: Run) -> None:
    done = run("break-glass", "network.block_ip", DESK, "--reason", "nobody answers", "--as", "tom")
    assert done.code == 0
    assert "authorised: break-glass by tom" in done.out
    assert "somebody else answers RV-" in done.err
    until(lambda: "network.block_ip" in run("leases", "list").out, "the block stands")
    assert "break-glass, not reviewed yet: 1" in run("status").out


def test_break_glass_without_the_permission_is_refused(at: Path, run: Run) -> None:
    refused = run("break-glass", "network.block_ip", DESK, "--reason", "why", "--as", "anna")
    assert (refused.code, refused.out) == (1, "")
    assert "`anna` has no permission to break the glass: it takes group break-glass" in refused.err


def test_a_freeze_at_a_terminal_asks_why_once_it_stands(at: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal("an outage\n"))
    frozen = run("freeze", "segment:lab", "--for", "2h", "--hold", "--as", "tom")
    status = run("status").out
    assert frozen.code == 0
    assert "(1h)" in frozen.out
    assert "held: " in frozen.out
    assert "once somebody else freezes it for as long" in frozen.err
    assert "segment:lab" in status
    assert "an outage" in status
