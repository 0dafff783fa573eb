"""What `status` calls over budget: limits that are reached now, not what was ever stopped by one."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import policies
from console.cli.assembly import specs
from engine.control.commit import guard
from engine.control.exhausted import Exhausted, exhausted
from engine.policy_file import parse_policy
from tests.bench import Bench

DEMO = (Path(policies.__path__[0]) / "demo.yaml").read_text()
BLOCKS = "hour: 10000\n      in_force: 1000"
SITE = "points_hour: 20000, kept_for_people: 0.5"
MINUTE = timedelta(minutes=1)


def budgeted(bench: Bench, before: str, after: str) -> None:
    """The demo's policy, but for one budget."""
    assert DEMO.count(before) == 1
    policy = parse_policy(DEMO.replace(before, after), "budgeted.yaml", specs())
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))


async def spend(bench: Bench, count: int) -> None:
    """Leave to block so many addresses, one a minute."""
    for n in range(count):
        request = await bench.ask(target=f"203.0.113.{n + 1}")
        await bench.write(lambda tx, r=request: guard(tx, bench.desk, r, bench.now))  # type: ignore[misc]
        await bench.later(MINUTE)


def over(bench: Bench) -> list[Exhausted]:
    return bench.read(lambda tx: [*exhausted(tx, bench.desk.policy, bench.now)])


async def test_nothing_used_is_nothing_exhausted(bench: Bench) -> None:
    assert over(bench) == []


async def test_a_budget_at_its_limit_is_named_until_the_first_effect_leaves_the_window(bench: Bench) -> None:
    budgeted(bench, BLOCKS, "hour: 3")
    began = bench.now
    await spend(bench, 2)
    assert over(bench) == []
    await spend(bench, 1)
    hour = Exhausted(budget="block-outside", window="hour", used=3, limit=3, until=began + timedelta(hours=1))
    assert over(bench) == [hour]
    await bench.later(timedelta(hours=1) - 3 * MINUTE)
    assert over(bench) == []


async def test_what_a_budget_stopped_once_does_not_keep_it_listed(bench: Bench) -> None:
    budgeted(bench, BLOCKS, "hour: 1")
    await spend(bench, 1)
    assert (await bench.ask(target="203.0.113.9")).state == "queued"
    await bench.later(timedelta(hours=1))
    assert over(bench) == []


async def test_what_is_in_force_is_over_when_something_ends_and_nobody_knows_when(bench: Bench) -> None:
    budgeted(bench, BLOCKS, "in_force: 2")
    await spend(bench, 2)
    assert over(bench) == [Exhausted(budget="block-outside", window="in_force", used=2, limit=2)]


async def test_the_site_s_points_are_a_budget_too(bench: Bench) -> None:
    budgeted(bench, SITE, "points_hour: 2, kept_for_people: 1.0")
    assert [(one.budget, one.window) for one in over(bench)] == [("site", "points_hour_without_approval")]
