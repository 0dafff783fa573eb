"""Whatever befalls a target in whatever order: it stands exactly while somebody holds it, and nothing begins frozen."""

from random import Random

import pytest

from tests.bench import Bench
from tests.engine.control.histories import History

STEPS = 25


@pytest.mark.parametrize("seed", range(12))
async def test_after_any_history_it_stands_while_somebody_holds_it_and_only_then(bench: Bench, seed: int) -> None:
    bench.without_check("budget")
    history = History(bench, Random(seed), f"203.0.113.{seed}")
    for _ in range(STEPS):
        await history.step()
        assert await history.standing() == min(len(history.holders), 1), history.said
    assert history.begun_frozen == []
