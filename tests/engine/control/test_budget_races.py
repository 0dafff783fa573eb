"""Many threads at the edge of every budget at once: none is overdrawn, and each trips once (I6)."""

import asyncio
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.control.commit import guard
from engine.control.resets import reset_budget
from engine.model.request import Request, RequestState
from tests.bench import Bench
from tests.engine.control.test_trips import BLOCKS, SITE, budgeted, standing

THREADS, REQUESTS, BUDGET = 8, 48, 7


async def threaded(bench: Bench, asked: list[Request]) -> list[Request]:
    """All of them at the commit point, each from a thread with a loop of its own; those that got leave."""

    def one(request: Request) -> Request | None:
        return asyncio.run(bench.store.write(lambda tx: guard(tx, bench.desk, request, bench.now)))

    with ThreadPoolExecutor(THREADS) as pool:
        loop = asyncio.get_running_loop()
        cleared = await asyncio.gather(*(loop.run_in_executor(pool, one, request) for request in asked))
    return [request for request in cleared if request is not None]


@pytest.mark.parametrize(
    ("change", "scope"),
    [
        ((BLOCKS, f"hour: {BUDGET}\n      in_force: 1000"), "block-outside"),
        ((BLOCKS, f"day: {BUDGET}\n      in_force: 1000"), "block-outside"),
        ((BLOCKS, f"in_force: {BUDGET}"), "block-outside"),
        ((SITE, f"points_hour: {2 * BUDGET}, kept_for_people: 0.5, detector_share: 0.25"), "site"),
    ],
    ids=["hour", "day", "in force", "points"],
)
async def test_no_budget_is_overdrawn_and_each_trips_once(bench: Bench, change: tuple[str, str], scope: str) -> None:
    budgeted(bench, change)
    asked = [await bench.ask(target=f"203.0.113.{n + 1}") for n in range(REQUESTS)]
    assert {request.state for request in asked} == {RequestState.AUTHORISED}

    cleared = await threaded(bench, asked)

    assert len(cleared) == BUDGET
    assert [*standing(bench)] == [scope]
    assert len(bench.entries("budget.tripped")) == 1
    states = Counter(request.state for request in bench.read(lambda tx: tx.requests.all()))
    left = REQUESTS - BUDGET
    assert states[RequestState.BLOCKED] == left
    assert states[RequestState.QUEUED] + states[RequestState.AWAITING_APPROVAL] == left


async def test_of_many_who_vote_at_once_two_reset_it_and_it_is_reset_once(bench: Bench) -> None:
    budgeted(bench, (BLOCKS, "hour: 1\n      in_force: 9"))
    first, second = [await bench.ask(target=f"203.0.113.{n}") for n in (1, 2)]
    await threaded(bench, [first])
    await threaded(bench, [second])
    names = ["anna", "samir", "anna", "siem-bot", "tom", "anna"]
    voted = [
        bench.write(
            lambda tx, name=name: reset_budget(  # type: ignore[misc]
                tx, bench.desk, bench.person(name), "block-outside", "fixed", bench.now
            )
        )
        for name in names
    ]
    await asyncio.gather(*voted, return_exceptions=True)
    assert standing(bench) == {}
    assert len(bench.entries("budget.reset")) == 1
