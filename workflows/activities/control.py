"""Local activities of the control worker: each runs one transaction of the engine, once per step key."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from temporalio import activity

from engine.control.advance import advance_incident
from engine.control.desk import Desk
from engine.control.drain import drain
from engine.control.late import release_without_ledger
from engine.control.lease import LeasePath
from engine.control.watch import compare
from engine.errors import StoreUnavailable
from engine.ledger.spool import Spool
from engine.model.execution import IncidentOrder, LeaseOrder, Order
from engine.model.orders import AdvanceIncident, AdvanceLease, CompareSweep, DrainStep
from engine.model.watch import DrainOrder, SweepOrder
from engine.store.store import Store
from engine.store.tx import Tx

Given = TypeVar("Given", bound=Order)
WRITE_WITHIN_S = 3.0
"""What the database does not take within this time keeps no release waiting (I3: five seconds)."""


class ControlActivities:
    """What workflows ask of the engine."""

    def __init__(self, store: Store, desk: Callable[[Tx], Desk], spool: Spool, clock: Callable[[], datetime]) -> None:
        """`desk` gives the policy, playbooks and people that are active in a transaction."""
        self._store, self._desk, self._spool, self._clock = store, desk, spool, clock

    @activity.defn(name="incident.advance")
    async def advance_incident(self, step: AdvanceIncident) -> IncidentOrder:
        """Take an incident one step on."""
        return await self._store.write(
            lambda tx: _once(
                tx, step, IncidentOrder, lambda: advance_incident(tx, self._desk(tx), step.incident_id, step.now)
            )
        )

    @activity.defn(name="lease.advance")
    async def advance_lease(self, step: AdvanceLease) -> LeaseOrder:
        """Take a lease one step on; a release that is due goes ahead even where nothing can be written."""
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                return await self._store.write(
                    lambda tx: _once(
                        tx,
                        step,
                        LeaseOrder,
                        lambda: LeasePath(tx, self._desk(tx), step.lease_key, step.now).advance(step.outcome),
                    )
                )
        except (StoreUnavailable, TimeoutError):
            # A step that is tried again still has the time at which it was first asked for.
            now = max(step.now, self._clock())
            order = await self._store.read(
                lambda tx: release_without_ledger(tx, self._desk(tx), step, now, self._spool)
            )
            if order is None:
                raise
            return order

    @activity.defn(name="watch.compare")
    async def compare_sweep(self, step: CompareSweep) -> SweepOrder:
        """Compare the world with the leases."""
        return await self._store.write(
            lambda tx: tx.steps.once(
                step.key, SweepOrder, step.now, lambda: compare(tx, self._desk(tx), step.sweep, step.now)
            )
        )

    @activity.defn(name="watch.drain")
    async def drain_overdue(self, step: DrainStep) -> DrainOrder:
        """Take in what was released, and hand out what is overdue."""
        return await self._store.write(
            lambda tx: tx.steps.once(
                step.key,
                DrainOrder,
                step.now,
                lambda: drain(tx, self._desk(tx), step.connector, step.released, step.now),
            )
        )


def _once(tx: Tx, step: AdvanceIncident | AdvanceLease, model: type[Given], work: Callable[[], Given]) -> Given:
    """The order of a step, which is done the first time only; later it says that it is `repeated`."""
    given = tx.steps.stored(step.key, model)
    if given is not None:
        return given.model_copy(update={"repeated": True})
    order = work()
    tx.steps.keep(step.key, order, step.now)
    return order
