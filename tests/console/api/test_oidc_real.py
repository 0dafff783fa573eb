"""Signing in with a real identity provider, in a process of its own."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from console.api.backend import Backend
from console.api.cookies import HERE
from console.api.oidc import Provider
from console.strangers import Strangers
from engine.model.sign_in import OidcSettings
from tests.bench import Bench
from tests.console.api.browser import Browser
from tests.console.api.liar import knows
from tests.console.api.provider import provider
from tests.patience import PATIENCE_S

CURRENT = "/api/v1/sessions/current"
LOGIN = "/auth/login"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as where:
        yield where


@pytest.fixture
def real(backend: Backend, bench: Bench, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setenv("OIDC_SECRET", "a secret")
    settings = OidcSettings(issuer=issuer, client_id="fireline", client_secret="env:OIDC_SECRET")
    return Browser(replace(backend, provider=Provider(settings, lambda: bench.now)))


async def signs_in_there(address: str, subject: str) -> str:
    """What a person does at the real provider; where their browser is sent to."""
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE_S) as person:
        assert "<form" in (await person.get(address)).text
        return (await person.post(address, data={"sub": subject})).headers["location"]


async def test_a_person_of_the_real_provider_is_signed_in_as_who_they_are_here(real: Browser, bench: Bench) -> None:
    knows(bench, "subject-of-ana")
    back = await signs_in_there((await real.get(LOGIN)).headers["location"], "subject-of-ana")
    answer = await real.get(back.removeprefix(real.at))
    assert (answer.status_code, answer.headers["location"]) == (303, CURRENT)
    current = (await real.get(CURRENT)).json()
    assert (current["principal"], current["session"]["way"]) == ("only-analyst", "oidc")
    assert set(real.cookies) == {HERE}


async def test_whom_only_the_provider_knows_is_a_stranger(real: Browser, bench: Bench, strangers: Strangers) -> None:
    back = await signs_in_there((await real.get(LOGIN)).headers["location"], "somebody")
    assert (await real.get(back.removeprefix(real.at))).status_code == 401
    assert [knock.source for knock in strangers.take()] == ["127.0.0.1 signed in as nobody known here"]
    assert bench.entries("session.opened") == []
