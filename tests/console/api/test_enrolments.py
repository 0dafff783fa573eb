"""Codes for chat rooms over the API: who gets one, who confirms, and what is shown of them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from console.api.backend import Backend
from engine.control.enrolling import CONFIRM_WITHIN, GOOD_FOR, take_code
from engine.model.base import Json
from engine.model.principal import Role
from tests.bench import Bench
from tests.console.api.conftest import BOT, VIEWER, Api, only

APPROVER, POLICY, ANALYST = only(Role.APPROVER), only(Role.POLICY_ADMIN), only(Role.ANALYST)


@pytest.fixture
def backend(backend: Backend) -> Backend:
    return replace(backend, rooms=("soc", "ops"))


async def offered(api: Api, token: str = APPROVER) -> Json:
    answer: Json = (await api.post("/me/enrolments", {"room": "soc"}, token=token)).json()
    return answer


async def claimed(api: Api, bench: Bench, user: str, token: str = APPROVER) -> str:
    """Somebody has typed the code of a new enrolment; its id."""
    made = await offered(api, token)
    code, people = str(made["code"]).replace("-", ""), bench.desk.people
    assert (await bench.write(lambda tx: take_code(tx, people, "soc", user, code, bench.now))).accepted
    return str(made["id"])


async def test_from_the_code_to_the_confirmation_and_its_end(api: Api, bench: Bench) -> None:
    claim = await claimed(api, bench, "U0ONE")
    confirmed = await api.post(f"/enrolments/{claim}/confirmation", {"user": "U0ONE"}, token=POLICY)
    assert (confirmed.status_code, confirmed.json()["confirmed_by"]) == (200, "only-policy-admin")
    shown = (await api.get("/enrolments", token=APPROVER)).json()
    assert (shown["waiting"], [one["user"] for one in shown["enrolments"]]) == ([], ["U0ONE"])
    gone = await api.post("/enrolments/removal", {"room": "soc"}, token=APPROVER)
    assert (gone.status_code, gone.json()["user"]) == (200, "U0ONE")
    assert (await api.get("/enrolments", token=APPROVER)).json()["enrolments"] == []


async def test_what_has_lapsed_waits_for_nobody(api: Api, bench: Bench) -> None:
    claim = await claimed(api, bench, "U0ONE")
    await offered(api, ANALYST)
    seen = []
    for later in (timedelta(0), GOOD_FOR, CONFIRM_WITHIN):
        await bench.later(later)
        seen.append([one["state"] for one in (await api.get("/enrolments", token=POLICY)).json()["waiting"]])
    assert seen == [["claimed", "offered"], ["claimed"], []]
    refused = await api.post(f"/enrolments/{claim}/confirmation", {"user": "U0ONE"}, token=POLICY)
    assert "it is lapsed" in refused.json()["title"]


async def test_a_code_is_shown_once_and_never_kept(api: Api) -> None:
    made = await offered(api)
    shown = (await api.get("/enrolments", token=POLICY)).text
    assert str(made["id"]) in shown
    assert str(made["code"]) not in shown
    assert "sha256" not in shown
    refused = await api.once("/me/enrolments", {"room": "soc"}, "a-key", token=APPROVER)
    assert (refused.status_code, "takes no Idempotency-Key" in refused.text) == (422, True)


async def test_codes_are_for_rooms_that_there_are(api: Api) -> None:
    refused = await api.post("/me/enrolments", {"room": "lobby"}, token=APPROVER)
    assert (refused.status_code, refused.json()["title"]) == (422, "there is no room `lobby` here: soc, ops")


async def test_who_may_not_vote_or_is_a_bot_gets_none(api: Api) -> None:
    answers = [await api.post("/me/enrolments", {"room": "soc"}, token=one) for one in (BOT, only(Role.VIEWER))]
    assert [answer.status_code for answer in answers] == [403, 403]


@pytest.mark.parametrize("token", [APPROVER, ANALYST, VIEWER])
async def test_only_who_may_confirms_and_a_refusal_is_an_entry(api: Api, bench: Bench, token: str) -> None:
    claim = await claimed(api, bench, "U0ONE")
    assert (await api.post(f"/enrolments/{claim}/confirmation", {"user": "U0ONE"}, token=token)).status_code == 403
    assert len(bench.entries("door.refused")) == 1
    assert bench.read(lambda tx: tx.enrolments.all()) == []


async def test_confirming_oneself_is_refused_and_an_entry(api: Api, bench: Bench) -> None:
    claim = await claimed(api, bench, "U0ONE", POLICY)
    refused = await api.post(f"/enrolments/{claim}/confirmation", {"user": "U0ONE"}, token=POLICY)
    assert (refused.status_code, [one.actor for one in bench.entries("door.refused")]) == (403, ["only-policy-admin"])


async def test_one_sees_and_ends_one_s_own_alone(api: Api, bench: Bench) -> None:
    claim = await claimed(api, bench, "U0ONE")
    assert (await api.get("/enrolments", token=ANALYST)).json() == {"waiting": [], "enrolments": []}
    assert (await api.post(f"/enrolments/{claim}/refusal", {}, token=ANALYST)).status_code in (403, 404)
    removal: Json = {"room": "soc", "principal": "only-approver"}
    assert (await api.post("/enrolments/removal", removal, token=ANALYST)).status_code == 403
    assert (await api.post(f"/enrolments/{claim}/refusal", {}, token=APPROVER)).json()["state"] == "declined"
