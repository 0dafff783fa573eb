"""How long a piece of work has been at it by itself: what the database takes is not counted, whatever comes of it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

from engine.store.pulse import Pulse


class Watch:
    """The time, and a pulse by it; the database lets time pass, too."""

    def __init__(self) -> None:
        self.now, self.seen = 100.0, list[float]()
        self.engine = create_engine("sqlite://")
        event.listen(self.engine, "connect", self._teach)
        self.pulse = Pulse(self.engine, lambda: self.now)

    def _teach(self, connection: DBAPIConnection, _: object) -> None:
        connection.create_function("takes", 1, self._take)
        connection.create_function("fails_after", 1, self._fail)

    def _take(self, seconds: float) -> float:
        self.now += seconds
        self.seen.append(self.pulse.own_s)
        return seconds

    def _fail(self, seconds: float) -> None:
        raise ValueError(self._take(seconds))


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def connection(watch: Watch) -> Iterator[Connection]:
    with watch.engine.connect() as connection:
        yield connection
    watch.engine.dispose()


def test_what_the_database_takes_is_not_counted(watch: Watch, connection: Connection) -> None:
    with watch.pulse.working():
        watch.now += 1
        connection.exec_driver_sql("SELECT takes(1000)")
        watch.now += 2
        connection.exec_driver_sql("SELECT takes(1000)")
        watch.now += 4
        own = watch.pulse.own_s
    assert (watch.seen, own) == ([1, 3], 7)


def test_nor_where_it_fails_in_the_end(watch: Watch, connection: Connection) -> None:
    with watch.pulse.working():
        watch.now += 1
        with pytest.raises(OperationalError):
            connection.exec_driver_sql("SELECT fails_after(1000)")
        watch.now += 2
        own = watch.pulse.own_s
    assert (watch.seen, own) == ([1], 3)


def test_between_two_pieces_nothing_is_counted_and_each_begins_anew(watch: Watch, connection: Connection) -> None:
    with watch.pulse.working():
        watch.now += 1
    connection.exec_driver_sql("SELECT takes(1000)")
    watch.now += 1000
    assert (watch.seen, watch.pulse.own_s) == ([0], 0)
    with pytest.raises(LookupError), watch.pulse.working():
        watch.now += 2
        assert watch.pulse.own_s == 2
        raise LookupError
    assert watch.pulse.own_s == 0
