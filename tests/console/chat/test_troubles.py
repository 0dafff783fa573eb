"""What is wrong with a room, a request or an entry stays its own: the engine goes on, and so do the others."""

import sqlite3
from contextlib import closing
from dataclasses import replace

from console.outgoing.reading import next_entries
from engine.model.action import ActionSpec
from tests.bench import Bench
from tests.console.chat.conftest import SECOND, Chat
from tests.console.chat.slack.emulator import spoken


class Without:
    """The actions of a site from which one was removed."""

    def __init__(self, bench: Bench, removed: str) -> None:
        self._specs, self._removed = bench.parts.desk.specs, removed

    def get(self, action: str) -> ActionSpec | None:
        return None if action == self._removed else self._specs.get(action)

    def all(self) -> list[ActionSpec]:
        return [spec for spec in self._specs.all() if spec.id != self._removed]


async def test_a_card_of_an_action_that_was_removed_keeps_no_other_back(chat: Chat) -> None:
    bench = chat.bench
    await chat.carry()
    await bench.ask("tom", target="10.20.16.114")
    await bench.ask("tom", action="host.isolate", target="files-02")
    bench.parts = replace(bench.parts, desk=replace(bench.parts.desk, specs=Without(bench, "network.block_ip")))
    for _ in range(3):
        await chat.carry()
        await bench.later(2 * SECOND)
    assert ["host.isolate on files-02" in spoken(card) for card in chat.slack.cards] == [True]
    assert len(bench.entries("chat.delayed")) == 1


async def test_a_damaged_entry_keeps_nobody_from_what_came_after_it(bench: Bench) -> None:
    last = bench.read(lambda tx: tx.read_until.newest())
    await bench.ask("tom", target="10.20.16.114")
    whole = next_entries(bench.store, last)
    with closing(sqlite3.connect(bench.settings.home / "fireline.db")) as database:
        database.execute("update entry set data = ? where seq = ?", ('{"x":1}', last + 1))
        database.commit()
    assert next_entries(bench.store, last) == whole[1:]
