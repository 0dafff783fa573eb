"""The ledger in the store: numbered, chained per subject, under one tree, and nothing in it changes unseen."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from engine.errors import ServiceAway
from engine.ledger.copies import read_copies
from engine.ledger.entries import parse
from engine.ledger.merkle import grow
from engine.ledger.note import Checkpoint, peek, sign
from engine.ledger.sealer import COPIES, LedgerSealer
from engine.model.entry import Entry
from engine.store import chain
from engine.store.store import Store
from engine.store.tx import transitions
from tests.engine.store.conftest import KEY, OpenStore, Verify
from tests.engine.store.samples import HOUR, NOON, draft, record

SUBJECTS = ("request/AR-0001", "request/AR-0002", "request/AR-0001", "lease/L-0001", "request/AR-0001")


def entries(store: Store) -> list[Entry]:
    with store.ledger() as ledger:
        return [parse(data) for _, data, _ in ledger.entries()]


def run(url: str, *statements: str) -> None:
    """Change the database behind the store's back."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


async def write(store: Store, subjects: Sequence[str] = SUBJECTS) -> None:
    """One entry a transaction."""
    for subject in subjects:
        await store.write(lambda tx, subject=subject: record(tx, subject))  # type: ignore[misc]


async def test_entries_are_numbered_as_a_whole_and_for_each_subject(store: Store) -> None:
    await write(store, SUBJECTS[:2])
    await store.write(lambda tx: record(tx, *SUBJECTS[2:]))
    found = entries(store)
    assert [entry.seq for entry in found] == [0, 1, 2, 3, 4]
    assert [(entry.subject, entry.n) for entry in found] == list(zip(SUBJECTS, (0, 0, 1, 0, 2), strict=True))


async def test_each_entry_names_the_one_before_it_of_its_subject(store: Store) -> None:
    await write(store)
    with store.ledger() as ledger:
        hashes = [recorded for _, _, recorded in ledger.entries()]
    assert [entry.prev for entry in entries(store)] == ["", "", hashes[0], "", hashes[2]]


async def test_an_entry_says_what_was_recorded(store: Store) -> None:
    await store.write(lambda tx: tx.record(draft(number=7)))
    (entry,) = entries(store)
    assert (entry.kind, entry.actor, entry.at, entry.body) == (
        "request.held", "engine", NOON, {"number": 7, "who": "Zoë"},
    )  # fmt: skip


async def test_chains_go_on_when_their_heads_are_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch, sealer: LedgerSealer, verify: Verify
) -> None:
    monkeypatch.setattr(chain, "HEADS_KEPT", 2)
    await write(store, [f"s/{n % 5}" for n in range(40)])
    await store.seal(sealer, NOON)
    assert [entry.n for entry in entries(store)] == [n // 5 for n in range(40)]
    assert verify(store).verified


async def test_a_state_change_has_its_entry_and_its_transition(store: Store) -> None:
    await store.write(lambda tx: tx.move(draft("request/AR-0001"), "requested", "authorised"))
    later = draft("request/AR-0001").model_copy(update={"at": NOON + HOUR})
    await store.write(lambda tx: tx.move(later, "authorised", "held"))
    with store.reading() as connection:
        assert [row[:3] for row in transitions(connection)] == [
            ("request/AR-0001", "requested", "authorised"),
            ("request/AR-0001", "authorised", "held"),
        ]
        assert [row[2] for row in transitions(connection, since=NOON + HOUR)] == ["held"]
    assert [entry.n for entry in entries(store)] == [0, 1]


async def test_everything_goes_on_in_a_second_store(
    open_store: OpenStore, sealer: LedgerSealer, verify: Verify
) -> None:
    for _ in range(4):
        store = open_store()
        await write(store)
        await store.seal(sealer, NOON)
        await write(store, SUBJECTS[:2])
        store.close()
    report = verify(open_store())
    assert (report.verified, report.entries, report.sealed) == (True, 28, 26)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 9])
async def test_a_tree_from_a_frontier_is_the_tree_of_all_entries(
    open_store: OpenStore, sealer: LedgerSealer, size: int
) -> None:
    first = open_store()
    await first.write(lambda tx: record(tx, *["s"] * size))
    await first.seal(sealer, NOON)
    await first.write(lambda tx: record(tx, *["s"] * 5))
    first.close()
    second = open_store()
    note = await second.seal(sealer, NOON)
    with second.ledger() as ledger:
        leaves = [bytes.fromhex(recorded) for _, _, recorded in ledger.entries()]
    assert note is not None
    assert peek(note) == Checkpoint(KEY.verifying.name, size + 5, grow(leaves).root())


SWAPPED = "'5 ' || substr(frontier, 68) || substr(frontier, 2, 65)"


@pytest.mark.parametrize("frontier", ["'5 nonsense'", "''", "frontier || ' 00'", SWAPPED, "upper(frontier)"])
async def test_a_frontier_that_was_changed_is_not_built_on(
    open_store: OpenStore, url: str, sealer: LedgerSealer, verify: Verify, frontier: str
) -> None:
    store = open_store()
    await write(store)
    await store.seal(sealer, NOON)
    store.close()
    run(url, f"UPDATE checkpoint SET frontier = {frontier}")
    again = open_store()
    await write(again, SUBJECTS[:1])
    await again.seal(sealer, NOON)
    report = verify(again)
    assert (report.verified, report.sealed) == (True, 6)


async def test_sealing_signs_everything_and_copies_it_out(store: Store, sealer: LedgerSealer, tmp_path: Path) -> None:
    await write(store)
    note = await store.seal(sealer, NOON)
    with store.ledger() as ledger:
        assert ledger.checkpoints() == [note]
    assert read_copies(tmp_path / COPIES) == (note,)


async def test_sealing_again_without_news_does_nothing(
    store: Store, open_store: OpenStore, sealer: LedgerSealer, tmp_path: Path
) -> None:
    assert await store.seal(sealer, NOON) is None
    await write(store)
    note = await store.seal(sealer, NOON)
    assert await store.seal(sealer, NOON) is None
    store.close()
    assert await open_store().seal(sealer, NOON) is None
    assert read_copies(tmp_path / COPIES) == (note,)


async def test_sealing_twice_at_once_seals_once(store: Store, sealer: LedgerSealer, tmp_path: Path) -> None:
    await write(store)
    notes = await asyncio.gather(*(store.seal(sealer, NOON) for _ in range(10)))
    assert len([note for note in notes if note]) == len(read_copies(tmp_path / COPIES)) == 1


async def test_a_checkpoint_never_covers_what_is_not_committed(
    store: Store, sealer: LedgerSealer, verify: Verify
) -> None:
    await write(store)
    writes = [store.write(lambda tx: record(tx, "s")) for _ in range(30)]
    seals = [store.seal(sealer, NOON) for _ in range(3)]
    await asyncio.gather(*writes[:15], seals[0], *writes[15:], seals[1], seals[2])
    await store.seal(sealer, NOON)
    report = verify(store)
    assert (report.verified, report.sealed) == (True, 35)


class AwaySealer(LedgerSealer):
    """Its place for copies is away twice."""

    tries = 0

    def copy(self, note: str) -> None:
        self.tries += 1
        if self.tries <= 2:
            raise ServiceAway("the place for copies is away")
        super().copy(note)


async def test_what_could_not_be_copied_out_is_copied_with_the_next(store: Store, tmp_path: Path) -> None:
    sealer = AwaySealer(KEY, tmp_path)
    await write(store)
    with pytest.raises(ServiceAway):
        await store.seal(sealer, NOON)
    await write(store)
    with pytest.raises(ServiceAway):
        await store.seal(sealer, NOON)
    assert await store.seal(sealer, NOON) is None
    with store.ledger() as ledger:
        assert list(read_copies(tmp_path / COPIES)) == ledger.checkpoints()
        assert len(ledger.checkpoints()) == 2


class BrokenSealer(LedgerSealer):
    """Has lost its key."""

    def sign(self, size: int, root: bytes) -> str:
        raise ServiceAway(f"no key for {size} entries")


async def test_a_sealer_that_cannot_sign_costs_nothing_else(store: Store, sealer: LedgerSealer, tmp_path: Path) -> None:
    await write(store)
    with pytest.raises(ServiceAway, match="no key for 5 entries"):
        await store.seal(BrokenSealer(KEY, tmp_path), NOON)
    assert peek(await store.seal(sealer, NOON) or "").size == 5


CHANGES = {
    "a body": ("UPDATE entry SET data = replace(data, '\"number\":0', '\"number\":1') WHERE seq = 3", "entry 3"),
    "an actor": ("UPDATE entry SET data = replace(data, 'engine', 'nobody') WHERE seq = 0", "entry 0"),
    "a hash": ("UPDATE entry SET hash = replace(hash, substr(hash, 1, 4), 'abcd') WHERE seq = 4", "entry 4"),
    "a removed entry": ("DELETE FROM entry WHERE seq = 2", "entry 3"),
    "a cut tail": ("DELETE FROM entry WHERE seq >= 3", "checkpoint over 5 entries"),
    "bytes that are no entry": ("UPDATE entry SET data = data || ' ' WHERE seq = 1", "row 1"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_row_changed_behind_our_back_is_found(
    store: Store, url: str, sealer: LedgerSealer, verify: Verify, change: str
) -> None:
    await write(store)
    await store.seal(sealer, NOON)
    statement, place = CHANGES[change]
    run(url, statement)
    report = verify(store)
    assert not report.verified
    assert report.problems[0].place.startswith(place)


@pytest.mark.parametrize("seq", range(4))
async def test_an_entry_that_went_missing_stays_missing(
    open_store: OpenStore, url: str, sealer: LedgerSealer, verify: Verify, seq: int
) -> None:
    """The engine goes on recording, and no later checkpoint makes the ledger whole again."""
    store = open_store()
    await write(store, SUBJECTS[:3])
    await store.seal(sealer, NOON)
    await write(store, SUBJECTS[3:])
    store.close()
    run(url, f"DELETE FROM entry WHERE seq = {seq}", "DELETE FROM checkpoint")
    again = open_store()
    await write(again)
    await again.seal(sealer, NOON)
    assert [entry.seq for entry in entries(again)][-1] == 9
    assert not verify(again).verified


async def test_a_missing_entry_keeps_its_number_and_its_leaf(store: Store, url: str) -> None:
    await write(store)
    run(url, "DELETE FROM entry WHERE seq IN (1, 2)")
    followed = chain.Chain()
    with store.reading() as connection, store.ledger() as ledger:
        followed.follow(connection)
        first, fourth, fifth = (bytes.fromhex(recorded) for _, _, recorded in ledger.entries())
    assert followed.tree == grow([first, chain.LOST, chain.LOST, fourth, fifth])


async def test_numbers_under_a_checkpoint_are_never_given_again(
    open_store: OpenStore, url: str, sealer: LedgerSealer, verify: Verify
) -> None:
    store = open_store()
    await write(store)
    await store.seal(sealer, NOON)
    store.close()
    run(url, "DELETE FROM entry WHERE seq >= 3")
    again = open_store()
    await write(again, SUBJECTS[:1])
    await again.seal(sealer, NOON)
    assert [entry.seq for entry in entries(again)] == [0, 1, 2, 5]
    assert not verify(again).verified


async def test_entries_cut_while_running_are_not_replaced(
    store: Store, url: str, sealer: LedgerSealer, verify: Verify
) -> None:
    await write(store)
    run(url, "DELETE FROM entry WHERE seq >= 3")
    await write(store, ("another",))
    await store.seal(sealer, NOON)
    assert [entry.seq for entry in entries(store)] == [0, 1, 2, 5]
    assert not verify(store).verified


async def test_a_forged_checkpoint_is_found(store: Store, url: str, sealer: LedgerSealer, verify: Verify) -> None:
    await write(store)
    note = sign(Checkpoint(KEY.verifying.name, 5, bytes(32)), KEY)
    await store.write(lambda tx: tx.checkpoint(5, note, "", NOON))
    assert "are not those that the checkpoint over 5 was signed for" in verify(store).problems[0].message
