"""Rules that give no answer page their policy's owner, once they are many at once."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from engine.control.acknowledging import acknowledge
from engine.control.alarms import watch_health
from engine.control.rule_errors import MOST, WITHIN
from engine.model.page import Page, PageKind
from engine.policy_file import parse_policy
from tests.bench import Bench

DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
BROKEN = "\nrules:\n  - {id: no-tag, kind: raise, when: 'finding.tags[0] == \"x\"', to: 3, because: never said}\n"


@pytest.fixture
def broken(bench: Bench) -> Bench:
    """The bench under the demo's policy with a rule that fails on findings without tags."""
    text = DEMO.read_text()
    assert text.count("\nrules:\n") == 1
    policy = parse_policy(text.replace("\nrules:\n", BROKEN), "demo.yaml", bench.desk.specs)
    bench.parts = replace(bench.parts, desk=replace(bench.desk, policy=policy))
    return bench


async def asked(bench: Bench, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        await bench.ask("tom", target=f"10.20.16.{100 + number}")


async def pages(bench: Bench) -> list[Page]:
    await bench.write(lambda tx: watch_health(tx, bench.desk, {}, bench.now))
    return [one for one in bench.read(lambda tx: tx.pages.standing()) if one.kind is PageKind.RULE_ERRORS]


async def test_five_within_ten_minutes_page_once_with_the_owner_and_the_way_back(broken: Bench) -> None:
    await asked(broken, MOST - 1)
    assert await pages(broken) == []
    await asked(broken, 1, first=MOST)
    [page] = await pages(broken)
    assert "give no answer, 5 times within ten minutes: no-tag; " in page.text
    assert page.text.endswith("may go back to the policy of before: fireline policy rollback --reason '…'")
    assert page.groups[0] == broken.desk.policy.document.owner
    assert page.groups[0] in page.text
    await asked(broken, 1, first=MOST + 1)
    assert [one.times for one in await pages(broken)] == [1]
    assert len(broken.entries("rule.failed")) == MOST


async def test_once_somebody_has_seen_it_it_takes_as_many_new_ones(broken: Bench) -> None:
    await asked(broken, MOST)
    [page] = await pages(broken)
    await broken.write(lambda tx: acknowledge(tx, broken.person("tom"), page.id, broken.now))
    assert await pages(broken) == []
    await asked(broken, MOST - 1, first=MOST)
    assert await pages(broken) == []
    await asked(broken, 1, first=2 * MOST)
    assert len(await pages(broken)) == 1


async def test_five_over_a_longer_time_page_nobody(broken: Bench) -> None:
    await asked(broken, MOST - 1)
    await broken.later(WITHIN + timedelta(seconds=1))
    await asked(broken, 1, first=MOST)
    assert await pages(broken) == []
    [*entries] = broken.entries("rule.failed")
    assert [entry.body["rule"] for entry in entries] == ["no-tag"] * MOST


async def test_a_policy_whose_rules_answer_pages_nobody(bench: Bench) -> None:
    await asked(bench, MOST)
    assert await pages(bench) == []
    assert bench.entries("rule.failed") == []
