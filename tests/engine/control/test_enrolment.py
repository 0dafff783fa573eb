"""Whom the people's file names in a room nobody has confirmed, so the lead hears of them."""

from datetime import timedelta

from engine.control.enrolment import note_enrolments
from engine.model.page import Message
from tests.bench import Bench


def write(bench: Bench, **users: str) -> None:
    """Who these people are in the room, in their file."""
    file = bench.settings.people_file
    for name, user in users.items():
        file.write_text(file.read_text().replace(f"  {name}:\n", f"  {name}:\n    chat: {{soc: {user}}}\n", 1))


async def heard(bench: Bench) -> list[Message]:
    """What the lead is told once the file was looked at."""
    await bench.later(timedelta(0))
    await bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now))
    return [one for one in bench.read(lambda tx: tx.messages.waiting(9)) if one.audience == "lead"]


async def test_of_a_home_that_is_new_nobody_is_told(bench: Bench) -> None:
    write(bench, anna="U0ANNA", tom="U0TOM")
    assert await heard(bench) == []
    assert len(bench.read(lambda tx: tx.enrolments.all())) == 2


async def test_who_is_written_in_later_is_told_to_the_lead_once(bench: Bench) -> None:
    write(bench, anna="U0ANNA")
    await heard(bench)
    write(bench, jonas="U0EVE")
    [said] = await heard(bench)
    assert (said.lines, said.subject) == (("jonas is U0EVE in soc",), "people")
    assert "nobody confirmed it" in said.title
    assert await heard(bench) == [said]
