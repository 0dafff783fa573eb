"""Several questions on one card in Teams never cross."""

from pydantic import JsonValue

from tests.console.chat.asking import several
from tests.console.chat.conftest import SECOND
from tests.console.chat.teams.conftest import PEOPLE, Meeting, tapped
from tests.console.chat.test_items import voted

ANNA = PEOPLE["anna"]


async def test_of_twenty_items_a_touch_counts_for_the_one_it_was_given_to(meeting: Meeting) -> None:
    await meeting.carry()
    asked = await several(meeting.bench, 20)
    await meeting.carry()
    for number, one in enumerate((asked[-1], asked[0])):
        await meeting.bench.later(2 * SECOND)
        [card] = meeting.teams.cards
        said = (await meeting.send(tapped(ANNA, card, f"f:{number}", request=one.id))).json()["value"]
        assert said == "counted: enough"
        await meeting.carry()
    assert voted(meeting.bench, asked) == [asked[0].id, asked[-1].id]


async def test_one_item_s_button_never_carries_another_s_digest(meeting: Meeting) -> None:
    await meeting.carry()
    one, two = asked = await several(meeting.bench, 2)
    await meeting.carry()
    await meeting.bench.later(2 * SECOND)
    for request, digest in ((one.id, two.digest), (two.id, one.digest)):
        value: JsonValue = {"action": {"verb": "approve", "data": {"request": request, "digest": digest}}}
        said = (await meeting.send(meeting.pressed(ANNA, changes={"value": value}))).json()["value"]
        assert said.startswith("not counted: this answers another request th")
    assert voted(meeting.bench, asked) == []
