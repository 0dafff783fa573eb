"""`fireline leases` against a running engine: released by cause, and kept in force by approval."""

from pathlib import Path

import pytest

from engine.model.base import Json
from tests.console.cli.conftest import Run
from tests.processes import until


def block(run: Run, target: str) -> str:
    """The lease of a block that is in force."""
    run("actions", "request", "network.block_ip", "--reason", "scanning", "--target", target, "--lease", "5m")

    def active() -> Json | None:
        listed = run("leases", "list", "--json").json["leases"]
        assert isinstance(listed, list)
        found = [one for one in listed if isinstance(one, dict) and (one["target"], one["state"]) == (target, "active")]
        return found[0] if found else None

    return str(until(active, f"{target} is blocked")["id"])


def test_what_a_cause_put_in_force_is_shown_and_released_only_when_agreed_to(run: Run, at: Path) -> None:
    lease = block(run, "203.0.113.21")
    cause = ("leases", "release", "--cause", "indicator:203.0.113.21", "--reason", "it is ours")
    shown = run(*cause)
    assert (shown.code, "1 to release" in shown.err, lease in shown.err) == (1, True, True)
    done = run(*cause, "--yes")
    assert (done.code, done.out) == (0, f"1 of 1: {lease} released\n")
    assert "nothing in force" in run(*cause).err


def test_beyond_the_ceiling_people_are_asked(run: Run, at: Path) -> None:
    lease = block(run, "203.0.113.22")
    asked = run("leases", "extend", lease, "--by", "2h", "--reason", "not over", "--ask")
    assert (asked.code, "tier 3  awaiting_approval" in asked.out) == (0, True)
    card = run("approvals", "show", asked.out.split()[0]).out
    assert "for 7200 s; ends by itself; prolongs AR-" in card


def test_for_good_the_card_says_so_first(run: Run, at: Path) -> None:
    asked = run("leases", "permanent", block(run, "203.0.113.23"), "--reason", "known bad")
    assert (asked.code, "tier 4  awaiting_approval" in asked.out) == (0, True)
    assert "PERMANENT: stays until somebody releases it" in run("approvals", "show", asked.out.split()[0]).out


def test_a_lift_by_hand_is_announced_for_an_hour(run: Run, at: Path) -> None:
    lease = block(run, "203.0.113.25")
    said = run("leases", "lift", lease, "--ticket", "CHG-17", "--reason", "moved")
    assert (said.code, said.out.startswith(f"{lease}: may be lifted by hand until ")) == (0, True)


def test_the_undo_sheet_is_printed(run: Run, at: Path) -> None:
    lease = block(run, "203.0.113.24")
    sheet = run("leases", "export", "--manual")
    assert (sheet.code, f"{lease}  network.block_ip  203.0.113.24  active" in sheet.out) == (0, True)
    assert "UNDO SHEET" in str(run("leases", "export", "--manual", "--json").json["sheet"])


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        (("release", "--cause", "rain", "--reason", "x"), 2, "unknown cause `rain`"),
        (("export",), 2, "say --manual"),
        (("release", "--reason", "x"), 2, "either one lease or a --cause"),
        (("permanent", "L-9999", "--reason", "x"), 1, "no lease `L-9999`"),
        (("lift", "L-9999", "--ticket", "CHG-17", "--reason", "x"), 1, "no lease `L-9999`"),
        (("extend", "L-9999", "--by", "1h", "--ask", "--reason", "x"), 1, "no lease `L-9999`"),
    ],
)
def test_what_is_wrong_is_said_with_its_code(
    run: Run, at: Path, command: tuple[str, ...], code: int, said: str
) -> None:
    done = run("leases", *command)
    assert (done.code, said in done.err) == (code, True)
