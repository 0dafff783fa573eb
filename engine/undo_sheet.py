"""The undo sheet: every effect in force and how to take it back by hand, should the engine never answer again.

It is kept in a file that needs no engine to be read, so it says everything: what stands where, under which mark, since
and until when, what it displaced, and the steps. Taking back what is over already does no harm.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from engine.model.action import Executor
from engine.model.lease import PERMANENT, Lease, LeaseState

ByHand = Callable[[Lease], Sequence[str]]
"""The steps that take back one effect of a connector without the engine."""

RULE = "-" * 78
FIRST = (LeaseState.STUCK, LeaseState.RELEASING)
"""What should be gone already."""


def render(
    leases: Sequence[Lease], steps: Mapping[str, ByHand], self_expiring: Mapping[str, timedelta], at: datetime
) -> str:
    """The whole sheet as of `at`: by connector, what should be gone already first, then what ends next."""
    lines = [f"UNDO SHEET OF FIRELINE, as of {_instant(at)}: {len(leases)} effects may stand in the world", ""]
    lines += ["Stop the engine before you undo by hand, or it puts back once what it finds missing.", ""]
    for connector in sorted({lease.connector for lease in leases}):
        lines += [RULE, f"CONNECTOR {connector}", RULE, ""]
        for lease in sorted((one for one in leases if one.connector == connector), key=_urgency):
            lines += [*_told(lease, steps.get(connector, _anywhere), self_expiring.get(connector)), ""]
    return "\n".join(lines)


def _urgency(lease: Lease) -> tuple[bool, bool, datetime, str]:
    return lease.state not in FIRST, lease.expires_at is None, lease.expires_at or lease.began_at, lease.id


def _told(lease: Lease, steps: ByHand, grace: timedelta | None) -> Iterator[str]:
    real = "" if lease.executor is Executor.REAL else "  [SIMULATED SITE]"
    yield f"{lease.id}  {lease.action}  {lease.target}  {lease.state}{real}"
    yield f"  mark     {lease.owner}"
    yield f"  since    {_instant(lease.active_at) if lease.active_at else 'not known to be in force'}"
    yield f"  until    {_until(lease)}"
    if grace is not None and lease.told_until is not None:
        yield f"  ends     by itself, at {_instant(lease.told_until + grace)}"
    narrowed = {name: value for name, value in lease.params.items() if name != "target" and value not in (None, [], ())}
    yield from (f"  param    {name} = {value}" for name, value in sorted(narrowed.items()))
    displaced = {} if lease.snapshot is None else lease.snapshot.displaced
    yield from (f"  before   {name} = {value}" for name, value in sorted(displaced.items()))
    yield from (f"  undo {number:2}  {step}" for number, step in enumerate(steps(lease), 1))


def _until(lease: Lease) -> str:
    if lease.expires_at is None:
        return "not decided yet"
    return "somebody releases it" if lease.expires_at - lease.began_at >= PERMANENT else _instant(lease.expires_at)


def _anywhere(lease: Lease) -> Sequence[str]:
    """Where a connector does not say how: what to look for."""
    return (f"at `{lease.connector}`, take away what carries the mark {lease.owner}: {lease.action} on {lease.target}",)


def _instant(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="seconds")
