"""Signing in with an identity provider: one that says whatever may be wrong."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from joserfc.jwk import RSAKey
from pydantic import ValidationError

from console.api import oidc
from console.api.backend import Backend
from console.api.cookies import HERE
from console.api.oidc import Provider
from console.people import parse
from engine.errors import InvalidInput, TargetUnavailable
from engine.model.base import Json
from engine.model.session import LONGEST
from engine.model.sign_in import OidcSettings
from tests.bench import Bench
from tests.console.api.browser import Browser
from tests.console.api.conftest import Api
from tests.console.api.liar import FORGERIES, ISSUER, SETTINGS, Liar, knows

CURRENT = "/api/v1/sessions/current"
LOGIN = "/auth/login"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def liar(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Liar:
    made = Liar(bench.now)
    monkeypatch.setattr(oidc, "exchange", made.exchange)
    return made


@pytest.fixture
def at_liar(backend: Backend, bench: Bench, liar: Liar) -> Backend:
    """An engine whose people sign in there; the subject `subject-1` is the analyst."""
    knows(bench, "subject-1")
    return replace(backend, provider=Provider(SETTINGS, lambda: bench.now))


@pytest.fixture
def page(at_liar: Backend) -> Browser:
    return Browser(at_liar)


async def begin(page: Browser, liar: Liar) -> dict[str, str]:
    return liar.sign_in((await page.get(LOGIN)).headers["location"])


async def come_back(page: Browser, back: dict[str, str]) -> int:
    return (await page.get(f"/auth/callback?{urlencode(back)}")).status_code


async def test_what_is_asked_of_the_provider_binds_code_and_token_to_this_browser(page: Browser, liar: Liar) -> None:
    assert await come_back(page, await begin(page, liar)) == 303
    assert (liar.asked["response_type"], liar.asked["code_challenge_method"]) == ("code", "S256")
    assert liar.asked["redirect_uri"] == f"{page.at}/auth/callback"
    own = {liar.asked[name] for name in ("state", "nonce", "code_challenge")}
    assert len(own) == 3
    await begin(page, liar)
    assert own & {liar.asked[name] for name in ("state", "nonce", "code_challenge")} == set()


async def test_nobody_is_sent_anywhere_else_whatever_the_link_says(page: Browser, liar: Liar) -> None:
    for more in ("next", "return_to", "redirect_uri"):
        address = (await page.get(f"{LOGIN}?{more}=https://evil.example")).headers["location"]
        assert address.startswith(f"{ISSUER}/authorize?")
        assert "evil" not in address
    back = liar.sign_in(address) | {"next": "https://evil.example"}
    assert (await page.get(f"/auth/callback?{urlencode(back)}")).headers["location"] == CURRENT


async def test_an_answer_in_another_browser_is_a_mixed_up_state(at_liar: Backend, page: Browser, liar: Liar) -> None:
    back, other = await begin(page, liar), Browser(at_liar)
    assert await come_back(other, back) == 401
    await begin(other, liar)
    assert await come_back(other, back) == 401
    assert other.cookies.keys() == {f"{HERE}-sign-in"}


@pytest.mark.parametrize("state", ["", "x", "é"])
async def test_an_answer_without_this_browser_s_state_is_nobody_s(page: Browser, liar: Liar, state: str) -> None:
    back = await begin(page, liar)
    assert await come_back(page, back | {"state": state}) == 401


async def test_a_code_of_another_sign_in_is_worth_nothing_here(at_liar: Backend, page: Browser, liar: Liar) -> None:
    stolen = await begin(Browser(at_liar), liar)
    challenge = liar.asked["code_challenge"]
    own = await begin(page, liar)
    liar.asked["code_challenge"] = challenge
    assert await come_back(page, own | {"code": stolen["code"]}) == 401


async def test_an_answer_counts_once(page: Browser, liar: Liar) -> None:
    back = await begin(page, liar)
    kept = page.cookies[f"{HERE}-sign-in"]
    assert await come_back(page, back) == 303
    page.http.cookies.set(f"{HERE}-sign-in", kept, domain="127.0.0.1", path="/")
    assert await come_back(page, back) == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"},
        {"nonce": None},
        {"aud": "somebody else"},
        {"aud": ["fireline", "somebody else"]},
        {"aud": ["fireline", "somebody else"], "azp": "somebody else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"iat": 4_000_000_000},
        {"iat": 1},
        {"sub": ""},
        {"sub": 7},
        {"at_hash": "of another access token"},
    ],
)
async def test_a_token_that_is_not_for_this_very_sign_in_opens_nothing(page: Browser, liar: Liar, claims: Json) -> None:
    back = await begin(page, liar)
    liar.claims = {name: value for name, value in (liar.claims | claims).items() if value is not None}
    assert await come_back(page, back) == 401
    assert HERE not in page.cookies


async def test_it_opens_where_all_of_it_fits_even_the_optional(page: Browser, liar: Liar) -> None:
    back = await begin(page, liar)
    liar.claims |= {"aud": ["fireline", "somebody else"], "azp": "fireline"}
    assert await come_back(page, back | {"iss": ISSUER}) == 303


@pytest.mark.parametrize("forge", FORGERIES)
async def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    page: Browser, liar: Liar, forge: Callable[[Liar], str]
) -> None:
    back = await begin(page, liar)
    liar.tokens = {"id_token": forge(liar)}
    assert await come_back(page, back) == 401


async def test_a_new_key_of_the_provider_is_read_at_once_and_not_twice_a_minute(
    page: Browser, liar: Liar, bench: Bench
) -> None:
    assert await come_back(page, await begin(page, liar)) == 303
    liar.key = RSAKey.generate_key(2048, {"kid": "two"})
    liar.published = [liar.key.as_dict(private=False)]
    assert await come_back(page, await begin(page, liar)) == 401
    bench.now += MINUTE
    assert await come_back(page, await begin(page, liar)) == 303
    assert liar.calls.count("/keys") == 2


async def test_a_key_that_the_provider_has_withdrawn_signs_nothing_after_an_hour(
    page: Browser, liar: Liar, bench: Bench
) -> None:
    assert await come_back(page, await begin(page, liar)) == 303
    liar.published = [RSAKey.generate_key(2048, {"kid": "two"}).as_dict(private=False)]
    bench.now += timedelta(hours=1)
    stamp = int(bench.now.timestamp())
    liar.claims = {**liar.claims, "iat": stamp, "exp": stamp + 300}
    assert await come_back(page, await begin(page, liar)) == 401


ODD_KEYS: list[object] = [
    "text", {"kty": "oct", "k": "c2VjcmV0", "kid": "one"}, {"kty": "RSA", "n": "AA", "e": "AQAB", "kid": "one"},
    {"kty": "EC", "crv": "P-999", "x": "a", "y": "b", "kid": "one"}, {"kty": ["RSA"]},
    {"kty": "RSA", "n": base64.urlsafe_b64encode(b"\xc1" * 128).decode().rstrip("="), "e": "AQAB", "kid": "one"},
]  # fmt: skip


async def test_what_is_no_signing_key_is_none(page: Browser, liar: Liar) -> None:
    liar.published = [*ODD_KEYS, liar.key.as_dict(private=False, use="enc")]
    assert await come_back(page, await begin(page, liar)) == 401


@pytest.mark.parametrize(
    "said",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://id.example/token"}, {"jwks_uri": "file:///etc"},
     {"authorization_endpoint": None}, {"token_endpoint": "http://127.0.0.1:8200/token"},
     {"jwks_uri": "https://10.0.0.7/keys"}],
)  # fmt: skip
async def test_a_provider_that_says_odd_things_of_itself_is_away(page: Browser, liar: Liar, said: Json) -> None:
    liar.said = said
    answer = await page.get(LOGIN)
    assert (answer.status_code, answer.json()["title"]) == (503, "nobody can sign in here now")


async def test_an_answer_that_names_another_provider_is_not_taken(page: Browser, liar: Liar) -> None:
    assert await come_back(page, await begin(page, liar) | {"iss": "https://evil.example"}) == 401


async def test_who_says_they_name_themselves_has_to(page: Browser, liar: Liar) -> None:
    liar.said = {"authorization_response_iss_parameter_supported": True}
    assert await come_back(page, await begin(page, liar)) == 401
    assert await come_back(page, await begin(page, liar) | {"iss": ISSUER}) == 303


async def test_a_provider_that_is_away_says_so(page: Browser, liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> bytes:
        raise TargetUnavailable("id.example does not answer")

    back = await begin(page, liar)
    monkeypatch.setattr(oidc, "exchange", away)
    assert await come_back(page, back) == 503


async def test_without_a_provider_there_is_no_such_page(backend: Backend) -> None:
    for path in (LOGIN, "/auth/callback"):
        assert (await Browser(backend).get(path)).status_code == 404


async def test_by_mail_only_where_the_settings_say_so_and_the_provider_has_verified_it(
    backend: Backend, bench: Bench, liar: Liar
) -> None:
    knows(bench, "ana@example.org")
    by_mail = SETTINGS.model_copy(update={"subject_claim": "email"})
    page = Browser(replace(backend, provider=Provider(by_mail, lambda: bench.now)))
    answers = dict[str, int]()
    for verified in (None, "true", False, True):
        liar.claims |= {"email": "ana@example.org", "email_verified": verified}
        answers[repr(verified)] = await come_back(page, await begin(page, liar))
    assert answers == {"None": 401, "'true'": 401, "False": 401, "True": 303}


@pytest.mark.parametrize("claim", ["name", "preferred_username", "nickname"])
def test_what_people_choose_for_themselves_names_nobody(claim: str) -> None:
    with pytest.raises(ValidationError, match="names nobody"):
        OidcSettings(issuer=ISSUER, client_id="x", subject_claim=claim)


@pytest.mark.parametrize("issuer", ["http://id.example", "https://user@id.example", "https://id.example?x", "ftp://x"])
def test_a_provider_is_spoken_to_over_tls(issuer: str) -> None:
    with pytest.raises(ValidationError):
        OidcSettings(issuer=issuer, client_id="x")


async def test_the_client_s_secret_goes_by_reference_in_the_way_the_standard_says(
    backend: Backend, bench: Bench, liar: Liar, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = list[str]()

    async def looking(method: str, url: str, body: bytes, headers: dict[str, str]) -> bytes:
        seen.append(headers.get("Authorization", ""))
        return await liar.exchange(method, url, body, headers)

    monkeypatch.setenv("OIDC_SECRET", "a:b c")
    monkeypatch.setattr(oidc, "exchange", looking)
    knows(bench, "subject-1")
    settings = SETTINGS.model_copy(update={"client_secret": "env:OIDC_SECRET"})
    page = Browser(replace(backend, provider=Provider(settings, lambda: bench.now)))
    assert await come_back(page, await begin(page, liar)) == 303
    assert seen[-1] == "Basic " + base64.b64encode(b"fireline:a%3Ab%20c").decode()


async def test_a_stranger_hears_nothing_of_a_secret_that_is_not_there(
    backend: Backend, bench: Bench, liar: Liar
) -> None:
    settings = SETTINGS.model_copy(update={"client_secret": "file:/etc/fireline/oidc-secret"})
    page = Browser(replace(backend, provider=Provider(settings, lambda: bench.now)))
    answer = await page.get(f"/auth/callback?{urlencode(await begin(page, liar))}")
    assert (answer.status_code, "oidc-secret" in answer.text) == (503, False)


async def test_who_knocks_without_a_token_keeps_nobody_from_signing_in(page: Browser, api: Api, liar: Liar) -> None:
    for _ in range(120):
        await api.get("/incidents", token="nobody's")
    assert (await page.get(LOGIN)).status_code == 303


async def test_a_session_by_the_provider_ends_as_every_other(page: Browser, liar: Liar, bench: Bench) -> None:
    assert await come_back(page, await begin(page, liar)) == 303
    bench.now += LONGEST
    assert (await page.get(CURRENT)).status_code == 401


def test_nobody_is_two_people_at_the_provider_and_no_bot_is_one(bench: Bench) -> None:
    file = bench.settings.people_file
    text = file.read_text()
    file.write_text(text.replace("    bot: true\n", "    bot: true\n    oidc: same\n", 1))
    with pytest.raises(InvalidInput, match="a bot, which does not sign in"):
        parse(file)
    file.write_text(text)
    knows(bench, "same")
    knows(bench, "same", "only-viewer")
    with pytest.raises(InvalidInput, match="`same` is `only-.*` already"):
        parse(file)
