"""A homeserver's own word whether anybody's phone rings."""

from console.chat.whisperer import Whisperer
from engine.control.whispering import warn
from tests.console.chat.conftest import SECOND
from tests.console.chat.matrix.test_matrix import ROOM, Talk, digest, talk

__all__ = ["talk"]


async def test_a_card_rings_with_whoever_is_asked_and_is_known_there_and_lines_beneath_it_with_nobody(
    talk: Talk,
) -> None:
    asked = await talk.asked()
    await talk.carry()
    assert [digest(asked)[:4] in said for said in talk.place.rung("anna")] == [True]
    assert talk.place.rung("jonas") == []


async def test_who_has_answered_is_not_rung_for_a_card_that_is_put_there_again(talk: Talk) -> None:
    asked = await talk.asked()
    await talk.bench.vote(asked.id, "anna", "deny", "not now")
    card = str(talk.place.cards()[0]["id"])
    talk.place.server.ask("PUT", f"rooms/{talk.place.id}/redact/{card}/once", {}, by="fireline")
    for _ in range(3):
        await talk.carry()
        await talk.bench.later(2 * SECOND)
    assert "anna NO" in str(talk.place.cards()[-1]["body"])
    assert talk.place.rung("anna") == []


async def test_a_warning_rings(talk: Talk) -> None:
    await talk.room.tell("@anna:localhost", "hello")
    assert talk.told("anna")[-1] == "hello"
    to, text = (ROOM, "@anna:localhost"), "somebody typed your code"
    await talk.bench.write(lambda tx: warn(tx, to, text, "principal/anna", talk.bench.now))
    await Whisperer(talk.bench.store, talk.room, lambda: talk.bench.now).deliver()
    assert talk.place.server.rung("anna")[-1][1] == text
