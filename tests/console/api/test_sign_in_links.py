"""A link signs a browser in, once, as whom its page names."""

from datetime import timedelta

from console.api.backend import Backend
from console.people import token_digest
from console.strangers import Strangers
from engine.model.session import LINK_LASTS
from tests.bench import Bench
from tests.console.api.browser import ANALYST, Browser, link
from tests.console.api.conftest import BOT, Api

SECOND = timedelta(seconds=1)


async def test_looking_at_the_link_opens_nothing(backend: Backend, api: Api, bench: Bench) -> None:
    page, secret = Browser(backend), await link(api)
    shown = [await page.get(f"/auth/link?secret={secret}") for _ in range(2)]
    assert [(answer.status_code, f'value="{secret}"' in answer.text) for answer in shown] == [(200, True)] * 2
    assert "form-action 'self'" in shown[0].headers["content-security-policy"]
    assert (page.cookies, bench.entries("session.opened")) == ({}, [])
    assert (await page.sign_in(secret)).status_code == 303


async def test_a_link_s_page_says_whose_it_is_as_text_and_no_more_of_them(
    backend: Backend, api: Api, bench: Bench
) -> None:
    file = bench.settings.people_file
    file.write_text(file.read_text().replace("name: Only analyst,", 'name: "Eve <b>&\u202e",'))
    shown = await Browser(backend).get(f"/auth/link?secret={await link(api)}")
    assert "<button>Sign in as Eve ‹b›&amp;</button>" in shown.text
    assert [mark in shown.text for mark in ("<b>", "\u202e", "only-analyst", "127.0.0.1")] == [False] * 4


async def test_the_page_of_somebody_without_a_name_says_their_id(backend: Backend, api: Api, bench: Bench) -> None:
    file = bench.settings.people_file
    file.write_text(file.read_text().replace("name: Only analyst,", 'name: " \u200b",'))
    shown = await Browser(backend).get(f"/auth/link?secret={await link(api)}")
    assert "<button>Sign in as only-analyst</button>" in shown.text


async def test_a_link_that_is_over_names_nobody(backend: Backend, api: Api, bench: Bench) -> None:
    page, used, late = Browser(backend), await link(api), await link(api)
    await Browser(backend).sign_in(used)
    bench.now += LINK_LASTS
    guessed = '"><b>'
    shown = [await page.get(f"/auth/link?secret={secret}") for secret in (used, late, guessed, "")]
    assert {answer.status_code for answer in shown} == {404}
    [said] = {answer.text for answer in shown}
    assert ("This link signs nobody in" in said, "Only analyst" in said) == (True, False)


async def test_a_link_is_used_once(backend: Backend, api: Api, strangers: Strangers) -> None:
    secret = await link(api)
    assert (await Browser(backend).sign_in(secret)).status_code == 303
    assert (await Browser(backend).sign_in(secret)).status_code == 401
    assert "127.0.0.1 with a link" in [knock.source for knock in strangers.take()]


async def test_a_link_ends_after_ten_minutes(backend: Backend, api: Api, bench: Bench) -> None:
    early, late = await link(api), await link(api)
    bench.now += LINK_LASTS - SECOND
    assert (await Browser(backend).sign_in(early)).status_code == 303
    bench.now += SECOND
    assert (await Browser(backend).sign_in(late)).status_code == 401


async def test_a_link_opens_nothing_once_its_person_s_entry_has_changed(
    backend: Backend, api: Api, bench: Bench
) -> None:
    secret, file = await link(api), bench.settings.home / "people.yaml"
    file.write_text(file.read_text().replace(token_digest(ANALYST), token_digest("another")))
    assert (await Browser(backend).sign_in(secret)).status_code == 401


async def test_a_link_takes_the_token_of_a_person(backend: Backend, api: Api) -> None:
    page = Browser(backend)
    await page.sign_in(await link(api))
    narrow = await api.post("/tokens", {"label": "x", "scopes": ["sessions.own"], "lasts_s": 60}, token=ANALYST)
    assert (await api.post("/sign-in-links", {}, token=str(narrow.json()["token"]))).status_code == 403
    assert (await api.post("/sign-in-links", {}, token=BOT)).status_code == 403
    assert (await api.post("/sign-in-links", {}, person="anna")).status_code == 403
    assert (await page.post("/api/v1/sign-in-links", {})).status_code == 403


async def test_a_link_in_another_site_s_form_signs_nobody_in(backend: Backend, api: Api) -> None:
    page, mine = Browser(backend), await link(api)
    forged = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert (await page.submit("/auth/link", {"secret": mine}, **forged)).status_code == 403
    assert page.cookies == {}
