"""What ended and what ends soon is found, to the instant, and at its place in the file."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.documents import parse
from engine.expiring import endings
from engine.policy_file import compile_policy
from engine.ports import Specs

END = datetime(2026, 12, 1, tzinfo=UTC)
SECTIONS = """\
exclusions:
  - {id: moves, targets: [files-02], owner: db-owners, reason: r, expires_at: 2026-12-01T00:00:00Z}
  - {id: later, targets: [files-02], owner: db-owners, reason: r, expires_at: 2026-12-08T00:00:00Z}
protected:
  - {id: always, targets: [dc-01], owner: it, reason: r}
  - {id: payroll, targets: [pay-01], owner: pay, reason: r, expires_at: 2026-12-01T00:00:00Z}
authorised_activity:
  - id: scan
    kind: scanner
    sources: [scan-01]
    targets: [10.0.0.0/8]
    owner: lab
    reason: r
    expires_at: 2026-12-01T00:00:00Z
grants:
  - {id: trial, detector: d, version: any, tier: 1, owner: g, reason: r, expires_at: 2026-12-02T00:00:00Z}
"""
FIRST = ["scan", "moves", "payroll"]


@pytest.mark.parametrize(
    ("now", "ended", "soon"),
    [
        (END - timedelta(days=7, microseconds=1), [], []),
        (END - timedelta(days=7), [], FIRST),
        (END - timedelta(microseconds=1), [], [*FIRST, "trial"]),
        (END, FIRST, ["trial", "later"]),
        (END + timedelta(days=7), [*FIRST, "trial", "later"], []),
    ],
)
def test_what_has_ended_and_what_ends_within_a_week(
    now: datetime, ended: list[str], soon: list[str], policy_text: Callable[..., str], specs: Specs
) -> None:
    found = endings(compile_policy(parse(policy_text(more=SECTIONS), "small.yaml"), specs).document, now)
    assert [one.id for one in found if one.ended] == ended
    assert [one.id for one in found if not one.ended] == soon


def test_each_is_told_with_its_owner_at_its_place(policy_text: Callable[..., str], specs: Specs) -> None:
    text = policy_text(more=SECTIONS)
    document = parse(text, "small.yaml")
    found = {one.id: one for one in endings(compile_policy(document, specs).document, END)}
    assert str(found["payroll"]) == "`payroll` of pay ended at 2026-12-01T00:00:00+00:00"
    assert str(found["trial"]) == "`trial` of g ends at 2026-12-02T00:00:00+00:00"
    line = text.splitlines().index("  - id: scan") + 1
    place = found["scan"].at(document)
    assert (place.line, place.column) == (line, 5)
