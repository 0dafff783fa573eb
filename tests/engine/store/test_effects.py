"""Leases, holders, budgets, freezes and connectors."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from engine.errors import StaleState
from engine.lifecycle import is_final
from engine.model.action import Executor
from engine.model.budget import Usage
from engine.model.freeze import Freeze
from engine.model.lease import LeaseState
from engine.model.watch import ConnectorHealth
from engine.store.store import Store
from engine.store.tx import Tx
from tests.engine.store.samples import HOUR, NOON, every, holder, lease

TICK = timedelta(microseconds=1)
DAY = 24 * HOUR


def usage(store: Store, scope: str = "block", now: datetime = NOON) -> Usage:
    return store.ask(lambda tx: tx.budgets.usage(scope, now))


def reserve(tx: Tx, request_id: str) -> None:
    tx.budgets.reserve(request_id, "block", 3, False, NOON)


def freeze(scope: str = "global", until: datetime | None = None, reason: str = "drill") -> Freeze:
    return Freeze(scope=scope, principal="ana", reason=reason, since=NOON, until=until)


async def test_a_generation_is_opened_once(store: Store) -> None:
    await store.write(lambda tx: tx.leases.insert(lease()))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.leases.insert(lease("L-0002")))
    await store.write(lambda tx: tx.leases.insert(lease("L-0002", generation=2, owner="fl-2")))
    assert store.ask(lambda tx: tx.leases.latest(lease().key)) == lease("L-0002", generation=2, owner="fl-2")
    assert store.ask(lambda tx: tx.leases.by_owner("fl-1")) == lease()
    assert store.ask(lambda tx: (tx.leases.by_owner("fl-3"), tx.leases.latest("x"), tx.leases.get("x"))) == (None,) * 3


async def test_what_may_stand_in_the_world_is_live(store: Store) -> None:
    def work(tx: Tx) -> None:
        for n, state in enumerate(LeaseState):
            tx.leases.insert(lease(f"L-{n}", generation=n, state=state, connector=f"c-{n % 2}"))

    await store.write(work)
    live = [n for n, state in enumerate(LeaseState) if not is_final(state)]
    assert [each.generation for each in store.ask(lambda tx: tx.leases.live())] == live
    assert [each.generation for each in store.ask(lambda tx: tx.leases.live("c-1"))] == [n for n in live if n % 2]
    assert len(store.ask(lambda tx: tx.leases.all())) == len(LeaseState)


async def test_other_targets_are_those_of_live_leases_of_the_action(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.leases.insert(lease("L-1", key="k1", target="own"))
        tx.leases.insert(lease("L-2", key="k2", target="web-1", state=LeaseState.STUCK))
        tx.leases.insert(lease("L-3", key="k3", target="db-1", state=LeaseState.ACTIVE))
        tx.leases.insert(lease("L-4", key="k4", target="over", state=LeaseState.RELEASED))
        tx.leases.insert(lease("L-5", key="k5", target="other", action="host.contain_ports"))

    await store.write(work)
    assert store.ask(lambda tx: tx.leases.other_targets("host.isolate", "k1")) == ("db-1", "web-1")
    await store.write(lambda tx: tx.leases.save(lease("L-3", key="k3", state=LeaseState.RELEASED), LeaseState.ACTIVE))
    assert store.ask(lambda tx: tx.leases.other_targets("host.isolate", "k1")) == ("web-1",)


async def test_a_request_holds_once(store: Store) -> None:
    await store.write(lambda tx: every(tx.holders.insert, holder("AR-1"), holder("AR-2")))
    with pytest.raises(StaleState):
        await store.write(lambda tx: tx.holders.insert(holder("AR-1", lease_id="L-0002")))
    left = holder("AR-1", left_at=NOON, left_why="ended")
    await store.write(lambda tx: tx.holders.save(left))
    assert store.ask(lambda tx: tx.holders.of("L-0001")) == [left, holder("AR-2")]
    assert store.ask(lambda tx: (tx.holders.get("AR-1"), tx.holders.get("AR-3"))) == (left, None)


async def test_nothing_is_used_at_first(store: Store) -> None:
    assert usage(store) == Usage()


async def test_a_reservation_counts_in_its_scope_and_its_points_in_the_site(store: Store) -> None:
    def work(tx: Tx) -> None:
        tx.budgets.reserve("AR-1", "block", 3, False, NOON)
        tx.budgets.reserve("AR-2", "block", 4, True, NOON)
        tx.budgets.reserve("AR-3", "isolate", 5, False, NOON)

    await store.write(work)
    assert usage(store) == Usage(hour=2, day=2, in_force=2, points_hour=12, points_hour_automatic=8)
    assert usage(store, "isolate") == Usage(hour=1, day=1, in_force=1, points_hour=12, points_hour_automatic=8)
    assert usage(store, "none") == Usage(points_hour=12, points_hour_automatic=8)


@pytest.mark.parametrize(
    ("age", "hour", "day", "points"),
    [(timedelta(0), 1, 1, 3), (HOUR - TICK, 1, 1, 3), (HOUR, 0, 1, 0), (DAY - TICK, 0, 1, 0), (DAY, 0, 0, 0)],
)
async def test_windows_slide_to_the_microsecond(store: Store, age: timedelta, hour: int, day: int, points: int) -> None:
    await store.write(lambda tx: tx.budgets.reserve("AR-1", "block", 3, False, NOON - age))
    assert usage(store) == Usage(
        hour=hour, day=day, in_force=1, points_hour=points, points_hour_automatic=points
    )  # fmt: skip


async def test_what_has_ended_counts_in_its_windows_only(store: Store) -> None:
    await store.write(lambda tx: tx.budgets.reserve("AR-1", "block", 3, True, NOON))
    await store.write(lambda tx: tx.budgets.ended("AR-1"))
    assert usage(store) == Usage(hour=1, day=1, in_force=0, points_hour=3)
    assert usage(store, now=NOON + 30 * DAY) == Usage()


async def test_what_lasts_is_in_force_however_old_it_is(store: Store) -> None:
    await store.write(lambda tx: tx.budgets.reserve("AR-1", "block", 3, True, NOON))
    assert usage(store, now=NOON + 30 * DAY) == Usage(in_force=1)


async def test_a_request_reserves_once(store: Store) -> None:
    for at in (NOON, NOON + TICK):
        await store.write(lambda tx, at=at: tx.budgets.reserve("AR-1", "block", 3, False, at))  # type: ignore[misc]
    assert usage(store, now=NOON + HOUR) == Usage(hour=1, day=1, in_force=1, points_hour=3, points_hour_automatic=3)


async def test_what_came_to_nothing_is_given_back(store: Store) -> None:
    await store.write(lambda tx: every(partial(reserve, tx), "AR-1", "AR-2"))
    await store.write(lambda tx: tx.budgets.give_back("AR-1"))
    await store.write(lambda tx: tx.budgets.give_back("AR-7"))
    assert usage(store) == Usage(hour=1, day=1, in_force=1, points_hour=3, points_hour_automatic=3)


async def test_a_freeze_ends_at_its_instant_or_when_it_is_lifted(store: Store) -> None:
    await store.write(lambda tx: every(tx.freezes.put, freeze(), freeze("action:x", NOON + HOUR)))

    def active(now: datetime) -> list[str]:
        return [each.scope for each in store.ask(lambda tx: tx.freezes.active(now))]

    assert active(NOON + HOUR - TICK) == ["global", "action:x"]
    assert active(NOON + HOUR) == ["global"]
    await store.write(lambda tx: tx.freezes.put(freeze(until=NOON + HOUR)))
    assert active(NOON + HOUR) == []
    assert store.ask(lambda tx: tx.freezes.latest("global")) == freeze(until=NOON + HOUR)
    assert [each.scope for each in store.ask(lambda tx: tx.freezes.all())] == ["global", "action:x"]


async def test_a_freeze_is_replaced_by_the_next_of_its_scope(store: Store) -> None:
    await store.write(lambda tx: tx.freezes.put(freeze(until=NOON + HOUR)))
    await store.write(lambda tx: tx.freezes.put(freeze(until=NOON + TICK, reason="shorter")))
    assert store.ask(lambda tx: tx.freezes.active(NOON)) == [freeze(until=NOON + TICK, reason="shorter")]
    assert store.ask(lambda tx: tx.freezes.active(NOON + TICK)) == []


async def test_a_connector_has_one_last_word(store: Store) -> None:
    well = ConnectorHealth(instance="sim", executor=Executor.SIMULATED, healthy=True, seen_at=NOON)
    ill = well.model_copy(update={"healthy": False, "error": "no answer"})
    other = well.model_copy(update={"instance": "edge-1"})
    await store.write(lambda tx: every(tx.connectors.put, well, other, ill))
    assert store.ask(lambda tx: (tx.connectors.get("sim"), tx.connectors.get("none"))) == (ill, None)
    assert store.ask(lambda tx: tx.connectors.all()) == [ill, other]
