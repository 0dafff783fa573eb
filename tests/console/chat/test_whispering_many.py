"""However much waits to be said in a room and cannot be, what can be is said."""

from datetime import timedelta

from console.chat.whisperer import AT_ONCE, Whisperer
from engine.control.whispering import warn
from engine.model.page import Attempt
from engine.store.tx import Tx
from tests.console.chat.conftest import ROOM, Chat


async def test_what_waits_for_another_time_keeps_nothing_behind_it_from_being_said(chat: Chat) -> None:
    now = chat.bench.now
    later = Attempt(count=9, next_at=now + timedelta(hours=1), because="away")

    def waits(tx: Tx) -> None:
        for number in range(2 * AT_ONCE):
            warn(tx, (ROOM, f"U0GONE{number}"), "look", "principal/anna", now)
        for one in tx.whispers.waiting(ROOM, 2 * AT_ONCE):
            tx.whispers.save(one.model_copy(update={"tried": later}))
        warn(tx, (ROOM, "U0ANNA"), "look", "principal/anna", now)

    await chat.bench.write(waits)
    await Whisperer(chat.bench.store, chat.room, lambda: chat.bench.now).deliver()
    assert chat.whispered == [("U0ANNA", "look")]
