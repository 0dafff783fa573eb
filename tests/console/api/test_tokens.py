"""API tokens: narrow, ending, revocable, known only by a digest, and never a way to more."""

from datetime import timedelta

import pytest

from console.strangers import Strangers
from engine.control.api_tokens import LONGEST
from engine.model.base import Json
from engine.model.permission import Permission
from engine.model.principal import Role
from tests.bench import Bench
from tests.console.api.conftest import BOT, Api, only

DAY = timedelta(days=1)
ANALYST, ADMIN = only(Role.ANALYST), only(Role.ADMIN)


async def make(api: Api, by: str, *scopes: Permission, lasts: timedelta = DAY, owner: str | None = None) -> Json:
    body: Json = {"label": "test", "scopes": [*scopes], "lasts_s": lasts.total_seconds(), "owner": owner}
    answer: Json = (await api.post("/tokens", body, token=by)).json()
    return answer


async def carried(api: Api, by: str, *scopes: Permission, lasts: timedelta = DAY, owner: str | None = None) -> str:
    return str((await make(api, by, *scopes, lasts=lasts, owner=owner))["token"])


async def test_a_token_opens_what_its_scopes_say_and_nothing_else(api: Api, bench: Bench) -> None:
    token = await carried(api, ANALYST, Permission.READ)
    assert (await api.get("/status", token=token)).status_code == 200
    refused = await api.post("/freezes", {"scope": "global"}, token=token)
    assert refused.status_code == 403
    assert "with a token that does not open `freeze.set`" in refused.json()["title"]
    assert [entry.actor for entry in bench.entries("door.refused")] == ["only-analyst"]


async def test_its_owner_s_roles_bound_it_at_every_use(api: Api, bench: Bench) -> None:
    token = await carried(api, ANALYST, Permission.FREEZE)
    file = bench.settings.people_file
    file.write_text(file.read_text().replace("roles: [analyst], token", "roles: [viewer], token"))
    assert (await api.post("/freezes", {"scope": "global"}, token=token)).status_code == 403


async def test_scopes_beyond_the_owner_s_roles_are_refused(api: Api) -> None:
    assert (await make(api, ANALYST, Permission.UNFREEZE))["status"] == 403


async def test_it_ends_by_itself(api: Api, bench: Bench, strangers: Strangers) -> None:
    token = await carried(api, ANALYST, Permission.READ)
    bench.now += DAY - timedelta(seconds=1)
    assert (await api.get("/status", token=token)).status_code == 200
    bench.now += timedelta(seconds=1)
    assert (await api.get("/status", token=token)).status_code == 401
    assert [knock.source for knock in strangers.take()] == ["127.0.0.1 with AT-0001 (expired)"]


async def test_revoked_it_opens_nothing_from_that_moment(api: Api, bench: Bench, strangers: Strangers) -> None:
    token = await carried(api, ANALYST, Permission.READ)
    assert (await api.post("/tokens/AT-0001/revocation", {}, token=ANALYST)).json()["state"] == "revoked"
    assert (await api.get("/status", token=token)).status_code == 401
    assert [knock.source for knock in strangers.take()] == ["127.0.0.1 with AT-0001 (revoked)"]
    assert (await api.post("/tokens/AT-0001/revocation", {}, token=ANALYST)).status_code == 403


async def test_with_its_owner_gone_it_opens_nothing(api: Api, bench: Bench) -> None:
    token = await carried(api, ANALYST, Permission.READ)
    file = bench.settings.people_file
    lines = [line for line in file.read_text().splitlines(keepends=True) if "only-analyst" not in line]
    file.write_text("".join(lines))
    assert (await api.get("/status", token=token)).status_code == 401


@pytest.mark.parametrize("wrong", ["flt_AT-0001_", "flt_AT-0002_" + "x" * 43, "flt_AT-0001_" + "x" * 43, "flt_", ""])
async def test_a_wrong_secret_is_a_stranger(api: Api, strangers: Strangers, wrong: str) -> None:
    await make(api, ANALYST, Permission.READ)
    assert (await api.get("/status", token=wrong or " ")).status_code == 401
    assert [knock.source for knock in strangers.take()] == ["127.0.0.1"]


async def test_the_token_stands_nowhere_but_in_its_one_answer(api: Api, bench: Bench) -> None:
    secret = (await carried(api, ANALYST, Permission.READ)).removeprefix("flt_AT-0001_")
    assert len(secret) > 40
    listed = await api.get("/tokens", token=ANALYST)
    assert "sha256" not in listed.text
    assert secret not in listed.text
    database = b"".join(path.read_bytes() for path in bench.settings.home.glob("fireline.db*"))
    assert secret.encode() not in database
    assert b"token.created" in database


async def test_when_it_was_used_is_known_to_the_minute(api: Api, bench: Bench) -> None:
    token = await carried(api, ANALYST, Permission.READ)
    first = bench.now
    for by in (timedelta(0), timedelta(seconds=59)):
        bench.now = first + by
        await api.get("/status", token=token)
    stored = bench.read(lambda tx: tx.api_tokens.get("AT-0001"))
    assert stored is not None
    assert stored.last_used_at == first
    bench.now = first + timedelta(minutes=1)
    await api.get("/status", token=token)
    assert bench.read(lambda tx: tx.api_tokens.all())[0].last_used_at == bench.now


async def test_one_made_with_another_never_opens_more_nor_lasts_longer(api: Api) -> None:
    narrow = await carried(api, ANALYST, Permission.OWN_TOKENS, Permission.READ)
    assert (await make(api, narrow, Permission.FREEZE))["status"] == 403
    assert (await make(api, narrow, Permission.READ, lasts=2 * DAY))["status"] == 403
    assert (await make(api, narrow, Permission.READ))["principal"] == "only-analyst"
    reading = await carried(api, ANALYST, Permission.READ)
    assert (await make(api, reading, Permission.READ))["status"] == 403


async def test_people_make_their_own_and_administrators_those_of_bots(api: Api) -> None:
    assert (await make(api, ADMIN, Permission.READ, owner="anna"))["status"] == 403
    assert (await make(api, ANALYST, Permission.READ, owner="siem-bot"))["status"] == 403
    assert (await make(api, BOT, Permission.READ))["status"] == 403
    assert (await make(api, ADMIN, Permission.READ, owner="nobody"))["status"] == 422
    made = await make(api, ADMIN, Permission.SUBMIT_FINDINGS, owner="siem-bot")
    assert (made["principal"], made["created_by"]) == ("siem-bot", "only-admin")


async def test_nobody_makes_one_while_speaking_for_somebody_else(api: Api) -> None:
    body: Json = {"label": "test", "scopes": ["read"], "lasts_s": 60}
    refused = await api.post("/tokens", body, person="anna")
    assert refused.status_code == 403
    assert "speaking for somebody else" in refused.json()["title"]


@pytest.mark.parametrize("lasts", [timedelta(0), LONGEST + timedelta(seconds=1)])
async def test_it_lasts_longer_than_nothing_and_a_year_at_most(api: Api, lasts: timedelta) -> None:
    assert (await make(api, ANALYST, Permission.READ, lasts=lasts))["status"] == 422


async def test_others_tokens_are_seen_by_administrators_and_auditors_and_ended_by_administrators(api: Api) -> None:
    await make(api, ANALYST, Permission.READ)
    seen = [len((await api.get("/tokens", token=only(role))).json()["tokens"]) for role in Role]
    assert dict(zip(Role, seen, strict=True)) == {role: int(role in ("analyst", "auditor", "admin")) for role in Role}
    assert (await api.post("/tokens/AT-0001/revocation", {}, token=only(Role.AUDITOR))).status_code == 404
    assert (await api.post("/tokens/AT-0001/revocation", {}, token=ADMIN)).json()["revoked_by"] == "only-admin"
