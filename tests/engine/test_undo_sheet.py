"""The undo sheet says all that somebody without the engine needs, the most urgent first."""

from datetime import UTC, datetime, timedelta

from engine.model.action import Executor, Snapshot
from engine.model.lease import PERMANENT, Lease, LeaseState
from engine.undo_sheet import render

AT = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lease(number: int, **changes: object) -> Lease:
    made = Lease(
        id=f"L-000{number}", key=f"lease/{number}", generation=1, state=LeaseState.ACTIVE, action="network.block_ip",
        action_version="1", connector="edge-1", executor=Executor.REAL, target=f"203.0.113.{number}",
        params={"target": f"203.0.113.{number}", "host": None, "port": 443, "spare": []}, owner=f"fl-{number:020x}",
        began_at=AT - HOUR, changed_at=AT - HOUR, active_at=AT - HOUR, expires_at=AT + number * HOUR,
        told_until=AT + number * HOUR,
    )  # fmt: skip
    return made.model_copy(update=changes)


def test_everything_about_one_effect_and_the_steps_of_its_connector() -> None:
    def steps(one: Lease) -> tuple[str, ...]:
        return (f"remove {one.owner}", "look")

    before = Snapshot(present=False, displaced={"group": "servers"})
    text = render([lease(1, snapshot=before)], {"edge-1": steps}, {"edge-1": timedelta(minutes=10)}, AT)

    assert text.splitlines()[-9:] == [
        "L-0001  network.block_ip  203.0.113.1  active",
        "  mark     fl-00000000000000000001",
        "  since    2026-03-01 02:00:00+00:00",
        "  until    2026-03-01 04:00:00+00:00",
        "  ends     by itself, at 2026-03-01 04:10:00+00:00",
        "  param    port = 443",
        "  before   group = servers",
        "  undo  1  remove fl-00000000000000000001",
        "  undo  2  look",
    ]
    assert text.startswith("UNDO SHEET OF FIRELINE, as of 2026-03-01 03:00:00+00:00: 1 effects may stand in the world")


def test_what_should_be_gone_stands_first_then_what_ends_next() -> None:
    leases = [lease(3), lease(1), lease(4, state=LeaseState.STUCK), lease(2, connector="edge-0")]
    lines = [line.split()[0] for line in render(leases, {}, {}, AT).splitlines() if line.startswith("L-")]
    assert lines == ["L-0002", "L-0004", "L-0001", "L-0003"]


def test_what_is_not_known_is_said() -> None:
    begun = lease(1, state=LeaseState.UNKNOWN, active_at=None, expires_at=None, executor=Executor.SIMULATED)
    text = render([begun], {}, {}, AT)
    assert "203.0.113.1  unknown  [SIMULATED SITE]" in text
    assert "since    not known to be in force" in text
    assert "until    not decided yet" in text
    assert (
        "at `edge-1`, take away what carries the mark fl-00000000000000000001: network.block_ip on 203.0.113.1" in text
    )


def test_what_is_for_good_ends_with_a_release() -> None:
    assert "until    somebody releases it" in render([lease(1, expires_at=AT + PERMANENT)], {}, {}, AT)


def test_with_nothing_in_force_it_says_so() -> None:
    assert ": 0 effects may stand in the world" in render([], {}, {}, AT)
