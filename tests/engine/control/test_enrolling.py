"""Nobody becomes known in a room as somebody else, and whoever it is about hears of every try."""

import asyncio
from datetime import timedelta

import pytest

from engine.control.enrolling import (
    CONFIRM_WITHIN,
    GOOD_FOR,
    GUESSES,
    NO_CODE,
    PATIENCE,
    code_in,
    confirm,
    decline,
    offer,
    remove,
)
from engine.control.enrolment import note_enrolments
from engine.errors import Denied, NotFound
from engine.model.enrolling import ClaimState
from engine.model.principal import Role
from tests.bench import Bench
from tests.engine.control.enrolling_desk import ANNA, Desk

SECOND = timedelta(seconds=1)
EVE = "U0EVE"


@pytest.fixture
def desk(bench: Bench) -> Desk:
    return Desk(bench)


async def test_a_code_typed_and_confirmed_by_somebody_else_makes_a_user_known(desk: Desk) -> None:
    claim = await desk.claimed()
    assert (claim.state, claim.user, await desk.who(ANNA)) == (ClaimState.CLAIMED, ANNA, "")
    known = await desk.confirmed(claim)
    assert (known.principal, known.since, known.confirmed_by) == ("anna", desk.bench.now, "admin")
    assert await desk.who(ANNA) == "anna"
    assert desk.bench.read(lambda tx: tx.claims.open()) == []


async def test_every_step_is_an_entry_and_none_holds_the_code(desk: Desk) -> None:
    claim, code = await desk.offered()
    await desk.typed(ANNA, code)
    await desk.confirmed(desk.claim(claim))
    kinds = ("enrolment.offered", "enrolment.claimed", "enrolment.confirmed", "principal.mapped")
    found = [one for kind in kinds for one in desk.bench.entries(kind)]
    assert [(one.kind, one.subject, one.actor) for one in found] == [
        ("enrolment.offered", "principal/anna", "anna"),
        ("enrolment.claimed", "principal/anna", "chat/soc"),
        ("enrolment.confirmed", "principal/anna", "admin"),
        ("principal.mapped", "principal/anna", "engine"),
    ]
    kept = "".join(one.model_dump_json() for one in found) + desk.claim(claim).model_dump_json()
    assert code not in kept
    assert code.replace("-", "") not in kept


async def test_whoever_types_somebody_s_code_is_who_the_confirming_person_sees(desk: Desk) -> None:
    desk.written("anna", "@anna:example.org", room="ops")
    await desk.bench.write(lambda tx: note_enrolments(tx, desk.bench.desk.people, desk.bench.now))
    claim = await desk.claimed(EVE)
    assert claim.user == EVE
    [(user, text)] = desk.told("ops")
    assert (user, text[:55]) == ("@anna:example.org", "U0EVE in soc has typed your code and claims to be you; ")
    with pytest.raises(Denied, match="claimed by another user"):
        await desk.confirmed(claim, ANNA)
    await desk.bench.write(lambda tx: decline(tx, desk.bench.person("anna"), claim.id, desk.bench.now))
    with pytest.raises(Denied, match="it is declined"):
        await desk.confirmed(claim)
    assert await desk.who(EVE) == ""


async def test_a_code_is_good_once(desk: Desk) -> None:
    claim, code = await desk.offered()
    assert (await desk.typed(ANNA, code)).accepted
    assert (await desk.typed(EVE, code)).text == NO_CODE
    assert desk.claim(claim).user == ANNA
    [refused] = desk.bench.entries("enrolment.refused")
    assert (refused.subject, refused.body["user"]) == ("principal/anna", EVE)
    await desk.confirmed(desk.claim(claim))
    assert (await desk.typed(EVE, code)).text == NO_CODE
    assert [user for user, text in desk.told() if "to no avail" in text] == [ANNA]


async def test_of_many_who_type_a_code_at_once_one_claims_it(desk: Desk) -> None:
    claim, code = await desk.offered()
    answers = await asyncio.gather(*(desk.typed(f"U{n}", code) for n in range(20)))
    [won] = [n for n, answer in enumerate(answers) if answer.accepted]
    assert desk.claim(claim).user == f"U{won}"
    assert len(desk.bench.entries("enrolment.refused")) == 19


async def test_what_is_heard_twice_is_taken_once(desk: Desk) -> None:
    claim, code = await desk.offered()
    first = await desk.typed(ANNA, code)
    assert (await desk.typed(ANNA, code), desk.bench.entries("enrolment.refused")) == (first, [])
    await desk.confirmed(desk.claim(claim))
    told = desk.told()
    await desk.typed(ANNA, code)
    assert (desk.told(), desk.bench.entries("enrolment.refused")) == (told, [])


async def test_a_code_is_good_for_ten_minutes(desk: Desk) -> None:
    _, early = await desk.offered()
    await desk.bench.later(GOOD_FOR - SECOND)
    assert (await desk.typed(ANNA, early)).accepted
    claim, late = await desk.offered()
    await desk.bench.later(GOOD_FOR)
    assert ((await desk.typed(ANNA, late)).text, desk.claim(claim).state) == (NO_CODE, ClaimState.VOID)


async def test_a_new_code_takes_the_place_of_the_one_before(desk: Desk) -> None:
    claim, code = await desk.offered()
    await desk.typed(ANNA, code)
    _, second = await desk.offered()
    with pytest.raises(Denied, match="it is void"):
        await desk.confirmed(claim, ANNA)
    assert (await desk.typed(EVE, second)).accepted


async def test_who_guesses_is_not_listened_to_for_a_while_and_others_are(desk: Desk) -> None:
    _, code = await desk.offered()
    for _ in range(GUESSES):
        assert (await desk.typed(EVE, "AAAA-AAAA-AAAA")).text == NO_CODE
    refused = await desk.typed(EVE, code)
    assert (refused.accepted, refused.text[:20]) == (False, "too many wrong codes")
    assert (await desk.typed(ANNA, code)).accepted
    await desk.bench.later(PATIENCE)
    _, later = await desk.offered("jonas")
    assert (await desk.typed(EVE, later)).accepted


async def test_guesses_of_strangers_make_no_entries(desk: Desk) -> None:
    before = desk.bench.read(lambda tx: tx.read_until.newest())
    answers = [await desk.typed(EVE, "AAAA-AAAA-AAAA") for _ in range(2 * GUESSES)]
    assert desk.bench.read(lambda tx: tx.read_until.newest()) == before
    assert {answer.known for answer in answers} == {False}


async def test_nobody_confirms_themselves_whatever_their_roles(desk: Desk) -> None:
    file = desk.bench.settings.people_file
    file.write_text(file.read_text().replace("roles: [viewer, approver]", "roles: [approver, policy-admin]"))
    claim = await desk.claimed("U0LENA", "lena")
    with pytest.raises(Denied, match="confirmed by somebody else"):
        await desk.confirmed(claim, by="lena")
    assert (await desk.confirmed(claim)).principal == "lena"


@pytest.mark.parametrize("name", ["anna", "samir", "siem-bot"])
async def test_who_has_no_role_for_it_confirms_nobody(desk: Desk, name: str) -> None:
    with pytest.raises(Denied):
        await desk.confirmed(await desk.claimed("U0TOM", "tom"), by=name)


async def test_a_bot_with_the_role_confirms_nobody(desk: Desk) -> None:
    bench, claim = desk.bench, await desk.claimed()
    bot = bench.person("siem-bot").model_copy(update={"roles": (Role.ADMIN,)})
    with pytest.raises(Denied, match="never by a bot"):
        await bench.write(lambda tx: confirm(tx, bench.desk.people, bot, claim.id, ANNA, bench.now))


async def test_who_speaks_for_somebody_else_enrols_and_confirms_nobody(desk: Desk) -> None:
    bench, claim = desk.bench, await desk.claimed()
    anna, admin = (bench.person(name).model_copy(update={"typed_by": "lena"}) for name in ("anna", "admin"))
    with pytest.raises(Denied, match="speaks for them"):
        await bench.write(lambda tx: offer(tx, anna, "soc", bytes(12), bench.now))
    with pytest.raises(Denied, match="speaks for somebody else"):
        await bench.write(lambda tx: confirm(tx, bench.desk.people, admin, claim.id, ANNA, bench.now))


async def test_a_bot_is_enrolled_nowhere(desk: Desk) -> None:
    with pytest.raises(Denied, match="is a bot"):
        await desk.offered("siem-bot")


async def test_a_user_who_is_somebody_already_claims_nothing_and_ends_the_code(desk: Desk) -> None:
    desk.written("jonas", "U0JONAS")
    claim, code = await desk.offered()
    assert ((await desk.typed("U0JONAS", code)).text, desk.claim(claim).state) == (NO_CODE, ClaimState.VOID)
    [refused] = desk.bench.entries("enrolment.refused")
    assert refused.body["because"] == "that user is jonas already"
    assert await desk.who("U0JONAS") == "jonas"


async def test_a_user_who_became_somebody_meanwhile_is_not_confirmed(desk: Desk) -> None:
    first, second = await desk.claimed(EVE), await desk.claimed(EVE, "tom")
    await desk.confirmed(first)
    with pytest.raises(Denied, match="is `anna` already"):
        await desk.confirmed(second)


async def test_another_user_takes_the_old_one_s_place_only_when_confirmed_and_both_are_told(desk: Desk) -> None:
    await desk.confirmed(await desk.claimed("U0OLD"))
    told = len(desk.told())
    claim = await desk.claimed("U0NEW")
    assert [await desk.who(user) for user in ("U0OLD", "U0NEW")] == ["anna", ""]
    await desk.confirmed(claim)
    assert [await desk.who(user) for user in ("U0OLD", "U0NEW")] == ["", "anna"]
    assert [(user, text.split(" from ")[0]) for user, text in desk.told()[told + 1 :]] == [
        ("U0OLD", "anna is U0NEW in soc"),
        ("U0NEW", "anna is U0NEW in soc"),
    ]


async def test_nobody_is_enrolled_whom_the_file_has_there(desk: Desk) -> None:
    desk.written("anna", ANNA)
    with pytest.raises(Denied, match=r"people\.yaml says that `anna` is U0ANNA"):
        await desk.offered()


async def test_the_file_has_the_last_word(desk: Desk) -> None:
    await desk.confirmed(await desk.claimed("U0NEW"))
    claim = await desk.claimed("U0TOM", "tom")
    desk.written("anna", "U0FILE")
    desk.written("tom", "U0FILETOM")
    await desk.bench.write(lambda tx: note_enrolments(tx, desk.bench.desk.people, desk.bench.now))
    assert [await desk.who(user) for user in ("U0NEW", "U0FILE")] == ["", "anna"]
    with pytest.raises(Denied, match=r"people\.yaml says otherwise"):
        await desk.confirmed(claim)
    assert ("U0NEW", "anna is U0NEW in soc no more, but U0FILE") in [(u, t.split(".")[0]) for u, t in desk.told()]


async def test_the_user_that_somebody_had_in_the_file_is_told_who_has_its_place(desk: Desk) -> None:
    file = desk.bench.settings.people_file
    desk.written("anna", "U0OLD")
    await desk.who("U0OLD")
    file.write_text(file.read_text().replace("U0OLD", "U0NEW"))
    await desk.who("U0NEW")
    assert [(user, text[:38]) for user, text in desk.told()] == [("U0OLD", "anna is U0OLD in soc no more, but U0NE")]


async def test_who_is_gone_from_the_file_is_nobody_any_more(desk: Desk) -> None:
    await desk.confirmed(await desk.claimed("U0LENA", "lena"))
    file = desk.bench.settings.people_file
    file.write_text(file.read_text().replace("  lena:\n", "  lea:\n").replace("principal: lena", "principal: lea"))
    assert await desk.who("U0LENA") == ""
    await desk.bench.write(lambda tx: note_enrolments(tx, desk.bench.desk.people, desk.bench.now))
    assert desk.bench.read(lambda tx: tx.enrolments.all()) == []


async def test_a_claim_waits_a_week_and_no_longer(desk: Desk) -> None:
    claim = await desk.claimed()
    await desk.bench.later(CONFIRM_WITHIN + SECOND)
    with pytest.raises(Denied, match="it is lapsed"):
        await desk.confirmed(claim)


async def test_a_person_or_who_may_confirm_ends_it_and_nobody_else(desk: Desk) -> None:
    bench = desk.bench
    for by in ("anna", "admin"):
        await desk.confirmed(await desk.claimed())
        with pytest.raises(Denied):
            await bench.write(lambda tx: remove(tx, bench.person("tom"), "anna", "soc", bench.now))
        await bench.write(lambda tx, by=by: remove(tx, bench.person(by), "anna", "soc", bench.now))  # type: ignore[misc]
        assert await desk.who(ANNA) == ""
        with pytest.raises(NotFound):
            await bench.write(lambda tx: remove(tx, bench.person("admin"), "anna", "soc", bench.now))
    claim = await desk.claimed()
    with pytest.raises(NotFound):
        await bench.write(lambda tx: decline(tx, bench.person("tom"), claim.id, bench.now))


async def test_what_stands_in_the_file_is_ended_there(desk: Desk) -> None:
    desk.written("anna", ANNA)
    await desk.who(ANNA)
    with pytest.raises(Denied, match="change it there"):
        await desk.bench.write(lambda tx: remove(tx, desk.bench.person("admin"), "anna", "soc", desk.bench.now))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("enrol 0123-4567-89AB", "0123456789AB"),
        ("  Enrol o123-4567-89ab ", "0123456789AB"),
        ("enrol il23456789AB", "1123456789AB"),
        ("enrol everybody", None),
        ("enrol 0123-4567-89AB please", None),
        ("please enrol 0123-4567-89AB", None),
        ("approve 4f9a-03be", None),
    ],
)
def test_a_code_is_read_as_people_type_it(text: str, code: str | None) -> None:
    assert code_in(text) == code
