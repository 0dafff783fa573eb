"""What people type to the app: codes by which they enrol, and questions; never an answer."""

from datetime import timedelta

from console.chat.patience import AT_ONCE
from engine.control.enrolling import NO_CODE, confirm, offer
from engine.control.enrolment import PROVING
from engine.model.base import Json
from tests.console.chat.teams.conftest import EVE, PEOPLE, ROOM, Meeting
from tests.console.chat.teams.emulator import CHANNEL, OBJECT, TENANT
from tests.console.chat.test_heard_again import standing

ANNA, LENA = PEOPLE["anna"], OBJECT.format(77)
IN_CHANNEL: Json = {"conversation": {"id": f"{CHANNEL};messageid=1", "conversationType": "channel", "tenantId": TENANT}}
ELSEWHERE: Json = {"conversation": {"id": "19:x@thread.tacv2", "conversationType": "channel", "tenantId": TENANT}}


async def test_who_enrols_in_teams_votes_a_day_after_somebody_else_confirmed_it(meeting: Meeting) -> None:
    bench = meeting.bench
    lena, admin = bench.person("lena"), bench.person("admin")
    claim, code = await bench.write(lambda tx: offer(tx, lena, ROOM, bytes(range(12)), bench.now))
    await meeting.type(LENA, f"<at>fireline</at>&nbsp;enrol {code}", IN_CHANNEL)
    assert [(who, said[:10]) for who, said in meeting.whispered] == [(LENA, "taken down")]
    await bench.write(lambda tx: confirm(tx, bench.desk.people, admin, claim.id, LENA, bench.now))
    await bench.later(PROVING)
    asked = await meeting.asked()
    assert await meeting.press(LENA) == "counted: enough"
    assert meeting.votes(asked) == [("lena", "approve", "chat/teams")]


async def test_a_code_that_is_guessed_is_none(meeting: Meeting) -> None:
    await meeting.type(EVE, "enrol AAAA-AAAA-AAAA")
    assert meeting.whispered == [(EVE, NO_CODE)]


async def test_what_is_asked_is_shown_to_who_is_known_alone(meeting: Meeting) -> None:
    asked = await meeting.asked()
    await meeting.type(ANNA, "pending")
    await meeting.type(EVE, "pending")
    assert [(who, said[:6]) for who, said in meeting.whispered] == [(ANNA, asked.id[:6]), (EVE, "nobody")]
    assert len(meeting.teams.messages) == 2


async def test_what_is_typed_is_never_an_answer(meeting: Meeting) -> None:
    asked = await meeting.asked()
    for changes in (None, IN_CHANNEL, ELSEWHERE):
        await meeting.type(ANNA, f"approve {asked.digest}", changes)
    assert (meeting.votes(asked), len(meeting.whispered)) == ([], 2)


async def test_who_answered_takes_it_back_within_a_minute_and_only_their_own(meeting: Meeting) -> None:
    asked = await meeting.asked()
    await meeting.press(ANNA)
    for user in (PEOPLE["jonas"], ANNA, EVE):
        await meeting.type(user, f"retract {asked.id}")
    said = [text[:20] for _, text in meeting.whispered]
    assert (said[0][:15], said[1], said[2]) == ("not taken back:", "taken back", f"nobody is known here as {EVE}"[:20])
    assert standing(meeting.bench, asked) == []


async def test_after_a_minute_an_answer_stays(meeting: Meeting) -> None:
    asked = await meeting.asked()
    await meeting.press(ANNA)
    await meeting.bench.later(timedelta(seconds=61))
    await meeting.type(ANNA, f"retract {asked.id}")
    assert meeting.whispered[0][1].startswith("not taken back: ")
    assert standing(meeting.bench, asked) == ["anna"]


async def test_who_types_on_and_on_is_told_a_few_times(meeting: Meeting) -> None:
    for _ in range(AT_ONCE + 3):
        await meeting.type(EVE, "hello?")
    assert len(meeting.whispered) == AT_ONCE


async def test_the_word_that_confirms_a_freeze_is_told_however_much_was_typed_before(meeting: Meeting) -> None:
    for _ in range(AT_ONCE + 3):
        await meeting.type(ANNA, "pending")
    await meeting.type(ANNA, "freeze global 30")
    await meeting.type(ANNA, meeting.whispered[-1][1].rpartition("To do it: ")[2])
    assert len(meeting.whispered) == AT_ONCE + 2
    assert [one.actor for one in meeting.bench.entries("freeze.set")] == ["anna"]


async def test_what_is_typed_is_done_by_who_may_and_recorded_with_the_room(meeting: Meeting) -> None:
    await meeting.type(ANNA, "freeze global 30")
    await meeting.type(ANNA, meeting.whispered[0][1].rpartition("To do it: ")[2])
    assert meeting.whispered[1][1].startswith("frozen: global until ")
    [ordered] = meeting.bench.entries("chat.ordered")
    assert (ordered.actor, ordered.body["channel"]) == ("anna", "chat/teams")


async def test_what_two_people_type_under_one_id_is_each_their_own(meeting: Meeting) -> None:
    asked = await meeting.asked()
    await meeting.press(ANNA)
    for user in (PEOPLE["jonas"], ANNA):
        talk: Json = {"conversation": {"id": f"a:{user}", "conversationType": "personal", "tenantId": TENANT}}
        await meeting.type(user, f"retract {asked.id}", {"id": "1790000000000", **talk})
    assert [said[:15] for _, said in meeting.whispered] == ["not taken back:", "taken back"]
    assert standing(meeting.bench, asked) == []


async def test_what_one_types_under_one_id_in_two_conversations_is_each_its_own(meeting: Meeting) -> None:
    for text, changes in (("freeze nowhere", {}), ("freeze global 30", IN_CHANNEL)):
        await meeting.type(ANNA, text, {"id": "1790000000000", **changes})
    assert [said[:9] for _, said in meeting.whispered] == ["not done:", "nothing i"]
