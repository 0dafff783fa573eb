"""What of a changed world is given back, told, or none of ours."""

import pytest

from engine.displacing import compare, displaced, give_back
from engine.model.action import Params, Snapshot
from engine.model.restoring import Changed


@pytest.mark.parametrize(
    ("was", "now", "named"),
    [
        ("servers", "isolated", True),
        ("servers", "forensics", True),
        ("servers", "servers", False),
        ("isolated", "isolated", False),
        ("isolated", "forensics", False),
        (None, "isolated", True),
        (None, "forensics", False),
    ],
)
def test_what_is_named_of_a_setting_left_as_isolated(was: str | None, now: str, named: bool) -> None:
    before = Snapshot(present=False, displaced={} if was is None else {"group": was})
    wanted = [Changed(setting="group", was=was, left="isolated", now=now)] if named else []
    assert list(compare(before, {"group": "isolated"}, {"group": now})) == wanted


def test_without_a_snapshot_nobody_knows_what_it_was() -> None:
    [changed] = compare(None, {"group": "isolated"}, {"group": "isolated"})
    assert changed.line == "group: what it was nobody knows, left as `isolated`, is now `isolated`"


def test_a_line_says_what_the_target_refuses() -> None:
    changed = Changed(setting="group", was="a", left="b", now="c", refused="locked")
    assert changed.line == "group: was `a`, left as `b`, is now `c`; the target refuses: locked"


async def test_most_actions_displace_nothing() -> None:
    action, params = object(), Params(target="files-02")
    given = await give_back(action, params, None)
    assert (await displaced(action, params), given.restored, given.changed) == ({}, {}, ())
