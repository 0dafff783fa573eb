"""A room opens nothing that the same person's role keeps closed at every other door."""

from engine.control.enrolment import PROVING, note_enrolments
from tests.console.chat.conftest import ROOM, SECOND, Chat
from tests.console.chat.slack.emulator import TEAM

VERA, NOBODY = "U0VERA", "U0NOBODY"
PEOPLE = f"""people:
  vera:
    name: Vera
    roles: [auditor]
    groups: [db-owners]
    chat: {{{ROOM}: {VERA}}}
  ned:
    name: Ned
    roles: []
    chat: {{{ROOM}: {NOBODY}}}
"""


async def enrolled(chat: Chat) -> None:
    bench = chat.bench
    file = bench.settings.home / "people.yaml"
    file.write_text(file.read_text().replace("people:\n", PEOPLE, 1))
    await bench.write(lambda tx: note_enrolments(tx, bench.desk.people, bench.now - PROVING))


async def test_who_has_no_role_that_votes_does_not_vote_here_either(chat: Chat) -> None:
    await enrolled(chat)
    await chat.carry()
    request = await chat.bench.ask("tom", action="host.isolate", target="files-02")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    [card] = chat.slack.cards
    await chat.press(VERA, "Approve…", card)
    told = (await chat.submit(VERA, "because")).json()
    assert told["errors"] == {"reason": "not counted: has no role that votes"}
    assert [one.actor for one in chat.bench.entries("vote.refused")] == ["vera"]
    assert all(chat.votes(one) == [] for one in chat.bench.read(lambda tx: tx.requests.of(request.incident_id)))


async def test_who_has_no_role_that_reads_is_shown_nothing(chat: Chat) -> None:
    await enrolled(chat)
    await chat.asked()
    body = f"team_id={TEAM}&user_id={NOBODY}&text=pending&command=/fireline".encode()
    said = (await chat.send("commands", body)).json()
    assert said["text"] == "you have no role that reads anything here"
    [refused] = chat.bench.entries("door.refused")
    assert (refused.actor, refused.body["asked"]) == ("ned", "chat/soc: pending")
