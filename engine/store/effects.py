"""Queries over leases, their holders, budgets, freezes and connectors."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, ScalarSelect, bindparam, delete, func, or_, select, true, update
from sqlalchemy.sql import ColumnElement

from engine.lifecycle import LEASE
from engine.model.budget import Charged, Usage
from engine.model.freeze import Freeze
from engine.model.lease import Holder, Lease, LeaseState
from engine.model.watch import ConnectorHealth
from engine.store.rows import Rows, bodies, insert_into, instant, micros, table_of
from engine.store.tables import BudgetRow, ConnectorRow, FreezeRow, HolderRow, LeaseRow

LIVE = tuple(LEASE)
"""The states in which an effect may stand in the world."""

LEASES, BUDGETS, FREEZES = table_of(LeaseRow), table_of(BudgetRow), table_of(FreezeRow)

IN_THE_WORLD = bodies(LEASES).where(LEASES.c.state.in_(LIVE))
OF_CONNECTOR = IN_THE_WORLD.where(LEASES.c.connector == bindparam("connector"))
OTHER_TARGETS = (
    select(LEASES.c.target)
    .where(LEASES.c.action == bindparam("action"), LEASES.c.state.in_(LIVE), LEASES.c.key != bindparam("but"))
    .order_by(LEASES.c.target)
)

IN_FORCE = BUDGETS.c.in_force == true()
AUTOMATIC = ~BUDGETS.c.approved
OURS, OF_DETECTOR, IN_SEGMENT, IN_HOUR, IN_DAY = (
    BUDGETS.c.scope == bindparam("scope"),
    AUTOMATIC & (BUDGETS.c.detector == bindparam("detector")) & (BUDGETS.c.detector != ""),
    (BUDGETS.c.segment == bindparam("segment")) & (BUDGETS.c.segment != ""),
    BUDGETS.c.at > bindparam("hour"),
    BUDGETS.c.at > bindparam("day"),
)
OF_SEGMENT = AUTOMATIC & IN_SEGMENT


def _count(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(BUDGETS).where(*where).scalar_subquery()


def _weight(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.sum(BUDGETS.c.weight)).where(*where).scalar_subquery()


def _points(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.sum(BUDGETS.c.points)).where(*where).scalar_subquery()


def _hosts(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.sum(BUDGETS.c.hosts)).where(*where).scalar_subquery()


USAGE = select(
    _weight(OURS, IN_HOUR),
    _weight(OURS, IN_DAY),
    _weight(OURS, IN_FORCE),
    _points(IN_HOUR),
    _points(IN_HOUR, AUTOMATIC),
    _points(IN_HOUR, OF_DETECTOR),
    _count(IN_HOUR, OF_SEGMENT),
    _count(IN_DAY, OF_SEGMENT),
    _points(IN_HOUR, OF_SEGMENT),
    _hosts(IN_FORCE, IN_SEGMENT),
)
"""Each answered from an index alone, in the order of the fields of `Usage`."""
COUNT_IN_HOUR = select(func.count()).select_from(BUDGETS).where(OURS, IN_HOUR)
CHARGED = (
    select(BUDGETS.c.scope, BUDGETS.c.request_id)
    .where(or_(IN_DAY, IN_FORCE))
    .order_by(BUDGETS.c.scope, BUDGETS.c.at, func.length(BUDGETS.c.request_id), BUDGETS.c.request_id)
)
SINCE = select(BUDGETS.c.at, BUDGETS.c.weight).where(OURS, BUDGETS.c.at > bindparam("since")).order_by(BUDGETS.c.at)
RESERVATION = delete(BUDGETS).where(BUDGETS.c.request_id == bindparam("request"))
END = update(BUDGETS).where(BUDGETS.c.request_id == bindparam("request")).values(in_force=False)
TAKE = update(BUDGETS).where(BUDGETS.c.request_id == bindparam("request")).values(in_force=True)
HELD_BY = select(func.count()).where(IN_FORCE, BUDGETS.c.request_id.in_(bindparam("requests", expanding=True)))

NOT_OVER = bodies(FREEZES).where(or_(FREEZES.c.until.is_(None), FREEZES.c.until > bindparam("now")))


class Leases:
    """Leases by id, key and owner."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, LeaseRow, Lease)

    def get(self, lease_id: str) -> Lease | None:
        """The lease, if there is one."""
        return self._rows.one(id=lease_id)

    def latest(self, key: str) -> Lease | None:
        """The newest generation of an effect."""
        return self._rows.newest("generation", key=key)

    def by_owner(self, owner: str) -> Lease | None:
        """The generation that a connector's owner key stands for."""
        return self._rows.one(owner=owner)

    def all(self) -> Sequence[Lease]:
        """Every generation there was, oldest first."""
        return self._rows.all()

    def live(self, connector: str | None = None) -> Sequence[Lease]:
        """Generations that may stand in the world, of one connector or all; oldest first."""
        if connector is None:
            return self._rows.chosen(IN_THE_WORLD, {})
        return self._rows.chosen(OF_CONNECTOR, {"connector": connector})

    def other_targets(self, action: str, but: str) -> tuple[str, ...]:
        """Every target on which the same action may stand in the world, without the lease of key `but`."""
        return tuple(self._rows.connection.execute(OTHER_TARGETS, {"action": action, "but": but}).scalars().all())

    def on(self, action: str, target: str) -> Sequence[Lease]:
        """Every generation of this action on this target, through whichever connector; oldest first."""
        return self._rows.all(action=action, target=target)

    def doing(self, action: str) -> Sequence[Lease]:
        """Every generation of this action, on whatever target; oldest first."""
        return self._rows.all(action=action)

    def insert(self, lease: Lease) -> None:
        """Add the next generation; the pair of key and generation is unique."""
        self._rows.insert(
            lease,
            id=lease.id,
            key=lease.key,
            generation=lease.generation,
            state=lease.state,
            action=lease.action,
            target=lease.target,
            connector=lease.connector,
            owner=lease.owner,
        )

    def save(self, lease: Lease, before: LeaseState) -> None:
        """Change a lease that is still in state `before`."""
        self._rows.set(lease, {"id": lease.id, "state": before}, state=lease.state)


class Holders:
    """Who holds which lease, until when."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, HolderRow, Holder)

    def get(self, request_id: str) -> Holder | None:
        """A request's share, if it ever held one."""
        return self._rows.one(request_id=request_id)

    def of(self, lease_id: str) -> Sequence[Holder]:
        """All holders of a lease, those that left included."""
        return self._rows.all(lease_id=lease_id)

    def insert(self, holder: Holder) -> None:
        """Add a holder; a request holds once."""
        self._rows.insert(holder, request_id=holder.request_id, lease_id=holder.lease_id)

    def save(self, holder: Holder) -> None:
        """Change a holder."""
        self._rows.set(holder, {"request_id": holder.request_id})


class Budgets:
    """Blast radius reserved and used."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection

    def usage(self, scope: str | Charged, now: datetime) -> Usage:
        """What stands against `scope`, and against the whole site, in the windows that end now."""
        against = Charged(scope) if isinstance(scope, str) else scope
        windows = {"hour": micros(now - timedelta(hours=1)), "day": micros(now - timedelta(days=1))}
        row = self._connection.execute(USAGE, {**_columns(against), **windows}).one()
        return Usage(*(int(value or 0) for value in row))

    def in_hour(self, scope: str, now: datetime) -> int:
        """How many reservations stand against `scope` in the hour that ends now."""
        hour = {"scope": scope, "hour": micros(now - timedelta(hours=1))}
        return self._connection.execute(COUNT_IN_HOUR, hour).scalar_one()

    def charged(self, now: datetime) -> Sequence[tuple[str, str]]:
        """Every scope that something counts against now, with the newest request that does."""
        rows = self._connection.execute(CHARGED, {"day": micros(now - timedelta(days=1))})
        return tuple({row.scope: row.request_id for row in rows}.items())

    def room_at(self, scope: str, window: timedelta, beyond: int, now: datetime) -> datetime | None:
        """When more than `beyond` of what counts within `window` will have fallen out of it, the oldest first."""
        since, gone = {"scope": scope, "since": micros(now - window)}, 0
        for row in self._connection.execute(SINCE, since):
            gone += row.weight
            if gone > beyond:
                return instant(row.at) + window
        return None

    def reserve(
        self,
        request_id: str,
        scope: str | Charged,
        points: int,
        approved: bool,
        at: datetime,
        hosts: int = 1,
        in_force: bool = True,
        weight: int = 1,
    ) -> None:
        """Set blast radius aside, in place of what the same request had reserved before.

        It counts as so many as its `weight`, and in its segment takes the place of so many `hosts`; what shares an
        effect is not `in_force` beside it.
        """
        self.give_back(request_id)
        against = Charged(scope) if isinstance(scope, str) else scope
        values = {"request_id": request_id, **_columns(against), "points": points, "approved": approved, "hosts": hosts}
        values |= {"weight": weight}
        self._connection.execute(insert_into(BUDGETS), {**values, "in_force": in_force, "at": micros(at)})

    def give_back(self, request_id: str) -> None:
        """Nothing came of the request: forget the reservation."""
        self._connection.execute(RESERVATION, {"request": request_id})

    def ended(self, request_id: str) -> None:
        """The effect is over: it still counts in its windows, but no longer as in force."""
        self._connection.execute(END, {"request": request_id})

    def hand_over(self, requests: Sequence[str]) -> None:
        """Have the first of those who share an effect take its place in force, unless one of them does already."""
        if requests and not self._connection.execute(HELD_BY, {"requests": [*requests]}).scalar_one():
            self._connection.execute(TAKE, {"request": requests[0]})


def _columns(against: Charged) -> dict[str, str]:
    return {"scope": against.budget, "detector": against.detector, "segment": against.segment}


class Freezes:
    """Kill switches by scope."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, FreezeRow, Freeze)

    def active(self, now: datetime) -> Sequence[Freeze]:
        """Those that stop something right now."""
        return self._rows.chosen(NOT_OVER, {"now": micros(now)})

    def put(self, freeze: Freeze) -> None:
        """Set or replace the freeze of a scope."""
        self._rows.delete(scope=freeze.scope)
        self._rows.insert(freeze, scope=freeze.scope, until=None if freeze.until is None else micros(freeze.until))

    def latest(self, scope: str) -> Freeze | None:
        """The newest freeze of a scope, also one that is over."""
        return self._rows.one(scope=scope)

    def all(self) -> Sequence[Freeze]:
        """The newest freeze of every scope that ever had one, also those that are over."""
        return self._rows.all()


class Connectors:
    """What each connector's last sweep said."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._rows = Rows(connection, ConnectorRow, ConnectorHealth)

    def get(self, instance: str) -> ConnectorHealth | None:
        """The last word of one connector."""
        return self._rows.one(instance=instance)

    def all(self) -> Sequence[ConnectorHealth]:
        """The last word of each."""
        return self._rows.all()

    def put(self, health: ConnectorHealth) -> None:
        """Replace a connector's last word."""
        self._rows.delete(instance=health.instance)
        self._rows.insert(health, instance=health.instance)
