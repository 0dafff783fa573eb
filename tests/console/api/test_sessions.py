"""Sessions: opened by who shows who they are, bound to our own pages, and over by themselves."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from console.api.backend import Backend, Caller
from console.api.cookies import CSRF_HEADER, HERE, OVER_TLS
from console.api.routes_live import changes
from console.strangers import Strangers
from engine.control.sessions import MOST, Arrival, open_session
from engine.errors import Denied
from engine.model.principal import Role
from engine.model.session import IDLE, LONGEST, Way
from tests.bench import Bench
from tests.console.api import browser
from tests.console.api.browser import ANALYST, ELSEWHERE, Browser, link
from tests.console.api.conftest import Api, only
from tests.patience import PATIENCE_S

CURRENT = "/api/v1/sessions/current"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def page(backend: Backend, api: Api) -> Browser:
    """A browser in which an analyst is signed in."""
    made = Browser(backend)
    await made.sign_in(await link(api))
    return made


async def test_a_link_opens_a_session_and_its_cookie_is_for_us_alone(backend: Backend, api: Api) -> None:
    page = Browser(backend)
    answer = await page.sign_in(await link(api))
    assert (answer.status_code, answer.headers["location"]) == (303, CURRENT)
    value = page.cookies[HERE]
    assert len(value) == 43
    assert answer.headers["set-cookie"] == f"{HERE}={value}; HttpOnly; Max-Age=43200; Path=/; SameSite=lax"
    assert (await page.get(CURRENT)).json()["principal"] == "only-analyst"


async def test_over_tls_the_cookie_is_bound_to_the_host_and_never_sent_in_the_clear(backend: Backend, api: Api) -> None:
    at = "https://fireline.example"
    page = Browser(replace(backend, public_url=f"{at}/"), at)
    answer = await page.sign_in(await link(api))
    assert answer.headers["set-cookie"].startswith(f"{OVER_TLS}=")
    assert answer.headers["set-cookie"].endswith("; HttpOnly; Max-Age=43200; Path=/; SameSite=lax; Secure")
    assert (await page.post("/api/v1/freezes", {"scope": "global"})).status_code == 200


async def test_a_cookie_for_this_host_is_not_taken_where_browsers_come_over_tls(
    backend: Backend, page: Browser
) -> None:
    grown = Browser(replace(backend, public_url="https://fireline.example"), "https://fireline.example")
    grown.http.cookies.set(HERE, page.cookies[HERE])
    assert (await grown.get(CURRENT)).status_code == 401


async def test_neither_link_nor_cookie_stands_anywhere(backend: Backend, api: Api, bench: Bench) -> None:
    page, secret = Browser(backend), await link(api)
    await page.sign_in(secret)
    database = b"".join(path.read_bytes() for path in bench.settings.home.glob("fireline.db*"))
    assert b"session.opened" in database
    assert [secret.encode() in database, page.cookies[HERE].encode() in database] == [False, False]
    assert page.cookies[HERE] not in (await page.get("/api/v1/sessions")).text


async def test_signing_in_makes_a_new_session_and_ends_the_one_the_browser_came_with(
    backend: Backend, api: Api, page: Browser
) -> None:
    before = page.cookies[HERE]
    await page.sign_in(await link(api, only(Role.VIEWER)))
    assert page.cookies[HERE] != before
    stale = Browser(backend)
    stale.http.cookies.set(HERE, before)
    assert (await stale.get(CURRENT)).status_code == 401


async def test_a_cookie_that_somebody_planted_is_never_signed_in(backend: Backend, api: Api) -> None:
    page = Browser(backend)
    page.http.cookies.set(HERE, "planted" * 6, domain="127.0.0.1", path="/")
    await page.sign_in(await link(api))
    thief = Browser(backend)
    thief.http.cookies.set(HERE, "planted" * 6)
    assert (await thief.get(CURRENT)).status_code == 401


async def test_a_stolen_cookie_opens_nothing_after_signing_out(
    backend: Backend, page: Browser, bench: Bench, strangers: Strangers
) -> None:
    stolen = page.cookies[HERE]
    assert (await page.post("/auth/logout", {})).status_code == 200
    assert page.cookies == {}
    thief = Browser(backend)
    thief.http.cookies.set(HERE, stolen)
    assert (await thief.get(CURRENT)).status_code == 401
    assert [knock.source for knock in strangers.take()] == ["127.0.0.1 with SE-0001 (signed out)"]
    assert [entry.body["why"] for entry in bench.entries("session.ended")] == ["signed out"]


async def test_it_is_over_after_half_an_hour_without_use(page: Browser, bench: Bench) -> None:
    bench.now += IDLE - SECOND
    assert (await page.get(CURRENT)).status_code == 200
    bench.now += IDLE
    assert (await page.get(CURRENT)).status_code == 401
    assert bench.entries("session.ended")[0].body["why"] == "idle"


async def test_it_is_over_after_twelve_hours_however_much_it_is_used(page: Browser, bench: Bench) -> None:
    end = bench.now + LONGEST
    while bench.now < end - timedelta(minutes=20):
        bench.now += timedelta(minutes=20)
        assert (await page.get(CURRENT)).status_code == 200
    bench.now = end
    assert (await page.get(CURRENT)).status_code == 401


@pytest.mark.parametrize(
    ("was", "becomes"), [("roles: [analyst], t", "roles: [viewer], t"), ("only-analyst:", "gone:")]
)
async def test_it_is_over_for_good_when_its_person_changes_or_goes(
    page: Browser, bench: Bench, was: str, becomes: str
) -> None:
    file = bench.settings.people_file
    text = file.read_text()
    file.write_text(text.replace(was, becomes))
    assert (await page.get(CURRENT)).status_code == 401
    file.write_text(text)
    assert (await page.get(CURRENT)).status_code == 401


async def test_a_person_of_many_sessions_loses_the_oldest(backend: Backend, api: Api, page: Browser) -> None:
    for _ in range(MOST):
        await Browser(backend).sign_in(await link(api))
    assert (await page.get(CURRENT)).status_code == 401


async def test_one_s_own_are_listed_and_ended_and_others_by_administrators(
    backend: Backend, api: Api, page: Browser
) -> None:
    other = Browser(backend)
    await other.sign_in(await link(api, only(Role.VIEWER)))
    listed = (await page.get("/api/v1/sessions")).json()["sessions"]
    assert [(one["id"], one["state"]) for one in listed] == [("SE-0001", "open")]
    assert (await page.post("/api/v1/sessions/SE-0002/revocation", {})).status_code == 404
    assert (await api.post("/sessions/SE-0002/revocation", {}, token=only(Role.ADMIN))).json()["state"] == "revoked"
    assert (await other.get(CURRENT)).status_code == 401
    assert (await page.post("/api/v1/sessions/SE-0001/revocation", {})).status_code == 200
    assert (await page.get(CURRENT)).status_code == 401
    assert (await api.post("/sessions/SE-0001/revocation", {}, token=ANALYST)).status_code == 403


async def test_a_stream_ends_with_its_session(backend: Backend, page: Browser, bench: Bench) -> None:
    session = bench.read(lambda tx: tx.sessions.get("SE-0001"))
    stream = changes(backend, Caller(bench.person("only-analyst"), session=session), -1)
    await anext(stream)
    await page.post("/auth/logout", {})
    async with asyncio.timeout(PATIENCE_S):
        assert [event async for event in stream if "session.ended" in event] == []


async def test_where_a_token_is_sent_it_alone_counts(page: Browser) -> None:
    answer = await page.http.get(CURRENT, headers={"Authorization": f"Bearer {only(Role.VIEWER)}"})
    assert (answer.json()["principal"], answer.json()["csrf"]) == ("only-viewer", None)
    assert (await page.http.get(CURRENT, headers={"Authorization": "Bearer guessed"})).status_code == 401


FREEZE = "/api/v1/freezes"
FORGED = {
    "a form of another site": {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    "another port of this host": {"Origin": ELSEWHERE, "Sec-Fetch-Site": "same-site"},
    "an origin that only begins like ours": {"Origin": f"{browser.HERE}.evil.example"},
    "a sandboxed frame": {"Origin": "null"},
    "a browser that says only where it comes from": {"Sec-Fetch-Site": "cross-site"},
    "a program that says nothing": {},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED)
async def test_what_another_page_had_sent_changes_nothing_even_with_the_token(
    page: Browser, bench: Bench, headers: dict[str, str]
) -> None:
    for path in (FREEZE, "/auth/logout"):
        assert (await page.as_sent(path, headers | {CSRF_HEADER: page.csrf})).status_code == 403
    assert bench.entries("freeze.set") == []
    assert (await page.get(CURRENT)).status_code == 200
    assert {entry.actor for entry in bench.entries("door.refused")} == {"only-analyst"}


async def test_what_our_own_page_sends_without_its_token_changes_nothing(
    backend: Backend, api: Api, page: Browser
) -> None:
    other = Browser(backend)
    await other.sign_in(await link(api, only(Role.VIEWER)))
    for csrf in ("", "x", other.csrf):
        assert (await page.post(FREEZE, {"scope": "global"}, **{CSRF_HEADER: csrf})).status_code == 403
    assert (await page.submit(FREEZE, {"scope": "global"})).status_code == 403
    assert (await page.post(FREEZE, {"scope": "global"})).status_code == 200


async def test_a_get_by_a_session_votes_on_nothing(page: Browser, bench: Bench) -> None:
    asked = await bench.ask(target="10.20.16.114")
    assert (await page.get(f"/api/v1/approvals/{asked.id}/votes")).status_code in (404, 405)
    assert bench.entries("vote.cast") == []


async def test_a_form_that_is_too_long_is_not_read(backend: Backend, strangers: Strangers) -> None:
    assert (await Browser(backend).submit("/auth/link", {"secret": "x" * 5000})).status_code == 401
    assert (await Browser(backend).post("/auth/logout", {})).status_code == 401
    assert len(strangers.take()) == 2


async def test_strangers_at_the_sign_in_are_slowed_down(backend: Backend) -> None:
    page = Browser(backend)
    codes = [(await page.submit("/auth/link", {"secret": "guess"})).status_code for _ in range(101)]
    assert (codes[0], codes[-1]) == (401, 429)
    assert (await page.get("/auth/link?secret=guess")).status_code == 429


async def test_bots_and_who_speaks_for_another_sign_in_nowhere(bench: Bench) -> None:
    for person in (bench.person("siem-bot"), bench.person("anna").model_copy(update={"typed_by": "admin"})):
        arrival = Arrival(person, Way.OIDC, "here", "secret")
        with pytest.raises(Denied):
            await bench.write(lambda tx, arrival=arrival: open_session(tx, arrival, bench.now))  # type: ignore[misc]
