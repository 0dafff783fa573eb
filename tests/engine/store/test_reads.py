"""What a piece of work has read is asked once, until it changes the table; nothing of it outlives the piece."""

import asyncio

from sqlalchemy import event

from engine.model.incident import IncidentState
from engine.store.rows import insert_into, table_of
from engine.store.store import Store
from engine.store.tables import FindingRow
from engine.store.tx import Tx
from tests.engine.store.samples import NOON, finding, incident


class Asked:
    """The statements that reach a store's database."""

    def __init__(self, tx: Tx) -> None:
        self.selects: list[str] = []
        event.listen(tx._connection, "before_cursor_execute", self._count)

    def _count(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        self.selects += [statement] if statement.startswith("SELECT") else []


async def test_a_second_look_asks_nothing(store: Store) -> None:
    await store.write(lambda tx: tx.incidents.insert(incident()))

    def work(tx: Tx) -> tuple[int, bool]:
        asked = Asked(tx)
        first, again = tx.incidents.get("INC-0001"), tx.incidents.get("INC-0001")
        return len(asked.selects), first == again == incident()

    assert await store.write(work) == (1, True)


async def test_what_the_work_itself_changed_is_read_anew(store: Store) -> None:
    await store.write(lambda tx: tx.incidents.insert(incident()))
    closed = incident(state=IncidentState.CLOSED, closed_at=NOON)

    def work(tx: Tx) -> list[object]:
        before = tx.incidents.get("INC-0001")
        tx.incidents.save(closed)
        return [before, tx.incidents.get("INC-0001"), tx.incidents.latest(closed.key)]

    assert await store.write(work) == [incident(), closed, closed]


async def test_a_change_past_the_models_counts_too(store: Store) -> None:
    def work(tx: Tx) -> list[object]:
        before = tx.findings.get("F-1")
        row = {"id": "F-1", "incident_id": "INC-0001", "detector": "d", "body": finding().model_dump_json()}
        tx._connection.execute(insert_into(table_of(FindingRow)), row)
        return [before, tx.findings.get("F-1")]

    assert await store.write(work) == [None, finding()]


async def test_another_table_is_still_known(store: Store) -> None:
    await store.write(lambda tx: tx.incidents.insert(incident()))

    def work(tx: Tx) -> int:
        tx.incidents.get("INC-0001")
        tx.findings.insert(finding(), "INC-0001")
        asked = Asked(tx)
        tx.incidents.get("INC-0001")
        return len(asked.selects)

    assert await store.write(work) == 0


async def test_what_failed_is_not_remembered_by_the_next(store: Store) -> None:
    def fails(tx: Tx) -> None:
        tx.incidents.insert(incident())
        assert tx.incidents.get("INC-0001") is not None
        raise ValueError

    looks = (store.write(fails), store.write(lambda tx: tx.incidents.get("INC-0001")))
    failed, found = await asyncio.gather(*looks, return_exceptions=True)
    assert (type(failed), found) == (ValueError, None)


async def test_an_answer_that_its_reader_changes_stays_as_it_was(store: Store) -> None:
    def work(tx: Tx) -> int:
        tx.findings.insert(finding(), "INC-0001")
        found = tx.findings.of("INC-0001")
        assert isinstance(found, list)
        found.clear()
        return len(tx.findings.of("INC-0001"))

    assert await store.write(work) == 1
