"""Queries over leases, their holders, budgets, freezes and connectors."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, func, insert, or_, select, update

from engine.lifecycle import LEASE
from engine.model.freeze import Freeze
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.watch import ConnectorHealth
from engine.ports import Usage
from engine.store.rows import Rows, micros, table_of
from engine.store.tables import BudgetRow, ConnectorRow, FreezeRow, HolderRow, LeaseRow

LIVE = tuple(LEASE)
"""The states in which an effect may stand in the world."""


class Leases:
    """Leases by id, key and owner."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, LeaseRow, Lease)

    def get(self, lease_id: str) -> Lease | None:
        """The lease, if there is one."""
        return self._rows.get(lease_id)

    def latest(self, key: str) -> Lease | None:
        """The newest generation of an effect."""
        table = self._rows.table
        return self._rows.first(table.c.key == key, order=table.c.generation.desc())

    def by_owner(self, owner: str) -> Lease | None:
        """The generation that a connector's owner key stands for."""
        return self._rows.first(self._rows.table.c.owner == owner)

    def all(self) -> Sequence[Lease]:
        """Every generation there was."""
        return self._rows.all()

    def live(self, connector: str | None = None) -> Sequence[Lease]:
        """Generations that may stand in the world, of one connector or all."""
        table = self._rows.table
        where = [table.c.state.in_(LIVE)]
        return self._rows.all(*(where if connector is None else [*where, table.c.connector == connector]))

    def insert(self, lease: Lease) -> None:
        """Add the next generation; the pair of key and generation is unique."""
        self._rows.insert(
            lease,
            id=lease.id,
            key=lease.key,
            generation=lease.generation,
            state=lease.state,
            connector=lease.connector,
            owner=lease.owner,
        )

    def save(self, lease: Lease, before: LeaseState) -> None:
        """Change a lease that is still in state `before`."""
        table = self._rows.table
        self._rows.set([table.c.id == lease.id, table.c.state == before], lease, state=lease.state)


class Holders:
    """Who holds which lease, until when."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, HolderRow, Holder)

    def get(self, request_id: str) -> Holder | None:
        """A request's share, if it ever held one."""
        return self._rows.get(request_id)

    def of(self, lease_id: str) -> Sequence[Holder]:
        """All holders of a lease, those that left included."""
        return self._rows.all(self._rows.table.c.lease_id == lease_id)

    def insert(self, holder: Holder) -> None:
        """Add a holder; a request holds once."""
        self._rows.insert(holder, request_id=holder.request_id, lease_id=holder.lease_id)

    def save(self, holder: Holder) -> None:
        """Change a holder."""
        self._rows.set([self._rows.key == holder.request_id], holder)


class Budgets:
    """Blast radius reserved and used."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection, self._table = connection, table_of(BudgetRow)

    def usage(self, scope: str, now: datetime) -> Usage:
        """What stands against `scope`, and against the whole site, in the windows that end now."""
        c, hour, day = self._table.c, micros(now - timedelta(hours=1)), micros(now - timedelta(days=1))
        ours = c.scope == scope
        sums = [
            func.sum(case((ours & (c.at > hour), 1), else_=0)),
            func.sum(case((ours & (c.at > day), 1), else_=0)),
            func.sum(case((ours & c.in_force, 1), else_=0)),
            func.sum(case((c.at > hour, c.points), else_=0)),
            func.sum(case(((c.at > hour) & ~c.approved, c.points), else_=0)),
        ]
        row = self._connection.execute(select(*sums).where(or_(c.at > day, c.in_force))).one()
        return Usage(*(int(value or 0) for value in row))

    def reserve(self, request_id: str, scope: str, points: int, approved: bool, at: datetime) -> None:
        """Set blast radius aside; the row is unique per request, so a retry reserves once."""
        values = {"request_id": request_id, "scope": scope, "points": points, "approved": approved}
        self._connection.execute(delete(self._table).where(self._table.c.request_id == request_id))
        self._connection.execute(insert(self._table), {**values, "in_force": True, "at": micros(at)})

    def give_back(self, request_id: str) -> None:
        """Nothing came of the request: forget the reservation."""
        self._connection.execute(delete(self._table).where(self._table.c.request_id == request_id))

    def ended(self, request_id: str) -> None:
        """The effect is over: it still counts in its windows, but no longer as in force."""
        self._connection.execute(
            update(self._table).where(self._table.c.request_id == request_id).values(in_force=False)
        )


class Freezes:
    """Kill switches by scope."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, FreezeRow, Freeze)

    def active(self, now: datetime) -> Sequence[Freeze]:
        """Those that stop something right now."""
        until = self._rows.table.c.until
        return self._rows.all(or_(until.is_(None), until > micros(now)))

    def put(self, freeze: Freeze) -> None:
        """Set or replace the freeze of a scope."""
        self.lift(freeze.scope)
        self._rows.insert(freeze, scope=freeze.scope, until=None if freeze.until is None else micros(freeze.until))

    def lift(self, scope: str) -> bool:
        """Remove a freeze; False where there was none."""
        table = self._rows.table
        return self._rows.connection.execute(delete(table).where(table.c.scope == scope)).rowcount > 0


class Connectors:
    """What each connector's last sweep said."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ConnectorRow, ConnectorHealth)

    def get(self, instance: str) -> ConnectorHealth | None:
        """The last word of one connector."""
        return self._rows.get(instance)

    def all(self) -> Sequence[ConnectorHealth]:
        """The last word of each."""
        return self._rows.all()

    def put(self, health: ConnectorHealth) -> None:
        """Replace a connector's last word."""
        table = self._rows.table
        self._rows.connection.execute(delete(table).where(table.c.instance == health.instance))
        self._rows.insert(health, instance=health.instance)
