"""A room that takes no card is told by the doctor and in the status, and paged while there is time."""

from datetime import timedelta

import pytest

from console.outgoing.alarms import Alarms
from console.status import status_view
from engine.errors import TargetRefused
from engine.model.base import Json
from tests.bench import Bench
from tests.console.chat.conftest import ROOM, SECOND, Chat

REFUSED = "slack refuses chat.postMessage: not_in_channel"


async def answers() -> bool:
    """Temporal does."""
    return True


async def looked(chat: Chat) -> list[str]:
    """What is paged after a look at everything."""
    settings = chat.bench.settings.model_copy(update={"rooms": (chat.room.settings,)})
    await Alarms(chat.bench.store, chat.bench.desks, (), settings, answers, site="here").look(chat.bench.now)
    return [one.text for one in chat.bench.read(lambda tx: tx.pages.standing()) if one.kind == "sick-engine"]


def undelivered(bench: Bench) -> list[Json]:
    found = bench.read(lambda tx: status_view(tx, bench.desk, bench.now, [ROOM]))["undelivered"]
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


async def test_a_channel_that_the_app_is_not_in_is_told_everywhere_and_paged_in_time(chat: Chat) -> None:
    chat.slack.is_member = False
    with pytest.raises(TargetRefused, match="is not in channel `C0SOC`: /invite it"):
        await chat.room.health()
    asked = await chat.asked()
    assert asked.deadline is not None
    assert [(one["channel"], one["because"]) for one in undelivered(chat.bench)] == [(f"room {ROOM}", REFUSED)]
    assert await looked(chat) == []
    await chat.bench.later((asked.deadline - chat.bench.now) / 3)
    await chat.carry()
    assert await looked(chat) == [f"room {ROOM} takes no card: {REFUSED}"]
    chat.slack.is_member = True
    await chat.bench.later(timedelta(minutes=1))
    await chat.carry()
    assert (await looked(chat), undelivered(chat.bench), len(chat.slack.cards)) == ([], [], 1)


async def test_a_room_that_can_be_worked_in_is_well(chat: Chat) -> None:
    assert await chat.room.health() == "fireline in SOC (T0SOC)"
    await chat.asked()
    await chat.bench.later(SECOND)
    assert (await looked(chat), undelivered(chat.bench)) == ([], [])
