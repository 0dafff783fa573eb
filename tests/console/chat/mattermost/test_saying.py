"""What people say in Mattermost besides a yes or a no: for how long, that they take it back, and who they are."""

from secrets import token_bytes

import pytest
from pyotp import TOTP

from engine.control.chat_voting import NO_LENGTH
from engine.control.enrolling import confirm, offer
from engine.control.enrolment import PROVING
from engine.model.base import Json
from tests.console.chat.conftest import SECOND
from tests.console.chat.mattermost.conftest import ANNA, BOT_USER, ROOM, Town
from tests.console.chat.mattermost.emulator import buttons, named
from tests.console.chat.mattermost.sight import shown, spoken
from tests.console.chat.slack.test_codes import SECRET, give_secret

LENA = named("lena")


def labels(card: Json) -> list[str]:
    return [str(one["name"]) for one in buttons(card)]


async def submit(town: Town, reason: str, lease: str = "", code: str = "") -> Json:
    said = town.server.submitted(ANNA, reason)
    typed: Json = {"reason": reason, "lease": lease, "code": code}
    answer: Json = (await town.send(said | {"submission": typed})).json()
    return answer


def fields(town: Town) -> list[tuple[object, object]]:
    """The fields of the form that was opened last, and whether they may be left empty."""
    shown = town.server.dialogs[-1]["dialog"]
    assert isinstance(shown, dict) and isinstance(shown["elements"], list)
    return [(one["name"], one["optional"]) for one in shown["elements"] if isinstance(one, dict)]


async def said(town: Town, text: str, user: str = ANNA) -> str:
    """What somebody is shown who types the slash command."""
    return spoken((await town.type(text, user)).json()["text"])


async def test_the_buttons_have_their_places(town: Town) -> None:
    await town.asked()
    assert labels(town.server.cards[-1]) == ["Deny…", "Shorter…", "Approve"]


async def test_what_is_agreed_to_for_less_lasts_for_less(town: Town) -> None:
    asked = await town.asked()
    await town.press(label="Shorter…")
    assert fields(town) == [("lease", False), ("reason", True)]
    assert await submit(town, "", "5s") == {}
    [vote] = town.bench.read(lambda tx: tx.votes.of(asked.id))
    assert (vote.lease, spoken(str(town.server.told(ANNA)[-1]["message"]))) == (5 * SECOND, "counted: enough, for 5s")


@pytest.mark.parametrize(
    ("typed", "why"), [("1h", "not counted: may be for less"), ("", NO_LENGTH), ("soon", NO_LENGTH)]
)
async def test_more_or_nothing_is_told_in_the_form_and_counts_for_nothing(town: Town, typed: str, why: str) -> None:
    asked = await town.asked()
    await town.press(label="Shorter…")
    told = (await submit(town, "briefly", typed))["errors"]
    assert isinstance(told, dict)
    assert (str(told["reason"])[: len(why)], town.votes(asked)) == (why, [])


async def test_a_yes_at_tier_4_takes_its_code_which_is_kept_nowhere(
    town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    give_secret(town.bench.settings.home)
    await town.carry()
    found = await town.bench.ask("tom", "host.isolate", "files-02")
    await town.carry()
    await town.bench.later(2 * SECOND)
    asked = town.bench.requests(found.incident_id, "host.isolate")[-1]
    await town.press(label="Approve…")
    assert fields(town) == [("lease", True), ("reason", False), ("code", False)]
    code = TOTP(SECRET).at(town.bench.now)
    assert "errors" in await submit(town, "lost anyway", code="918273")
    assert await submit(town, "lost anyway", code=code) == {}
    assert town.votes(asked) == [("anna", "approve", f"chat/{ROOM}")]
    kept = b"".join(file.read_bytes() for file in town.bench.settings.home.glob("fireline.db*"))
    assert [one for one in (code, "918273") if one.encode() in kept or one in caplog.text] == []


async def test_a_card_says_what_may_be_typed_where_there_is_a_command_to_type(town: Town) -> None:
    asked = await town.asked()
    assert f"TYPE  /fireline show {asked.id} · /fireline release {asked.id} and why" in shown(town.server.cards[-1])
    town.room.settings = town.room.settings.model_copy(update={"command_token": None})
    await town.asked("10.20.16.115")
    assert "TYPE" not in shown(town.server.cards[-1])


async def test_an_answer_is_taken_back_within_its_minute(town: Town) -> None:
    asked = await town.asked()
    await town.press()
    assert await said(town, f"retract {asked.id}") == "taken back"
    assert [vote.retracted_at is None for vote in town.bench.read(lambda tx: tx.votes.of(asked.id))] == [False]
    assert await said(town, "retract AR-9999") == "there is no such request"


async def test_who_enrols_votes_a_day_after_somebody_else_confirmed_it(town: Town) -> None:
    bench = town.bench
    claim, code = await bench.write(lambda tx: offer(tx, bench.person("lena"), ROOM, token_bytes(12), bench.now))
    assert (await said(town, f"enrol {code}", LENA))[:26] == "taken down: somebody else "
    people, admin = bench.desk.people, bench.person("admin")
    await bench.write(lambda tx: confirm(tx, people, admin, claim.id, LENA, bench.now))
    await bench.later(PROVING)
    asked = await town.asked()
    await town.press(LENA)
    assert town.votes(asked) == [("lena", "approve", f"chat/{ROOM}")]


async def test_what_takes_effect_is_done_for_who_may_and_refused_to_who_may_not(town: Town) -> None:
    first = await said(town, "freeze global 5")
    assert (first[:22], town.bench.read(lambda tx: tx.freezes.all())) == ("nothing is frozen yet:", [])
    again = first.partition("To do it: /fireline ")[2]
    assert "not done" in await said(town, again, BOT_USER)
    assert "not done" not in await said(town, again)
    assert [freeze.scope for freeze in town.bench.read(lambda tx: tx.freezes.all())] == ["global"]


async def test_what_is_typed_is_recorded_with_the_room(town: Town) -> None:
    word = (await said(town, "freeze global 30")).rpartition("To do it: /fireline ")[2]
    assert (await said(town, word)).startswith("frozen: global until ")
    [ordered] = town.bench.entries("chat.ordered")
    assert (ordered.actor, ordered.body["channel"]) == ("anna", f"chat/{ROOM}")
