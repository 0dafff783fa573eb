"""The doctor says whether people can sign in: with a real provider, and with such as are not what they should be."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console import first_run
from console.api import oidc
from console.cli.doctor.sign_in import sign_in
from console.clock import now
from engine.settings import load
from tests.console.api.liar import ISSUER, Liar
from tests.console.api.provider import provider
from tests.console.cli.conftest import Run

Told = list[tuple[str, str]]
Set = Callable[[str], None]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with provider() as where:
        yield where


@pytest.fixture
def given(home: Path, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets the provider, in a home with the demo's people."""
    first_run.init(home, "demo")
    monkeypatch.setenv("OIDC_SECRET", "a secret")

    def set_provider(issuer: str) -> None:
        given = {"issuer": issuer, "client_id": "fireline", "client_secret": "env:OIDC_SECRET"}
        monkeypatch.setenv("FIRELINE_OIDC", json.dumps(given))

    return set_provider


def told() -> Told:
    return [(line.health, line.said) for line in sign_in(load())]


def test_a_provider_that_answers_is_told_with_the_way_back_and_who_is_known(
    issuer: str, given: Set, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(issuer)
    monkeypatch.setenv("FIRELINE_PUBLIC_URL", "https://fireline.example/")
    people = home / "people.yaml"
    people.write_text(people.read_text().replace("  anna:\n", "  anna:\n    oidc: subject-1\n"))
    back = "https://fireline.example/auth/callback"
    assert told() == [
        ("pass", f"{issuer} answers by that name, with 1 keys that may sign"),
        ("pass", f"browsers come back to {back}, which the provider has to know as redirect URI"),
        ("pass", "known by what it says: anna"),
    ]


def test_without_a_public_address_or_anybody_known_by_it_there_is_something_to_do(issuer: str, given: Set) -> None:
    given(issuer)
    assert [health for health, _ in told()] == ["pass", "warn", "warn"]


def test_one_that_names_itself_otherwise_is_of_no_use(issuer: str, given: Set) -> None:
    given(f"{issuer}/")
    assert told()[0] == ("fail", f"{issuer}/ says nothing of use: it names another issuer than the settings do")


def test_what_is_no_provider_is_of_no_use(issuer: str, given: Set) -> None:
    given(f"{issuer}/elsewhere")
    assert told()[0] == ("fail", f"{issuer}/elsewhere says nothing of use: 127.0.0.1 answered 404")


def test_one_that_is_away_is_away(given: Set) -> None:
    given("http://127.0.0.1:1")
    assert told()[0] == ("away", "http://127.0.0.1:1 cannot be asked: 127.0.0.1 does not answer: ConnectError")


def test_one_whose_keys_may_not_sign_is_of_no_use(given: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    liar = Liar(now())
    liar.published = []
    monkeypatch.setattr(oidc, "exchange", liar.exchange)
    given(ISSUER)
    assert told()[0] == ("fail", f"{ISSUER} publishes no key that may sign: no token of its is believed")


def test_its_secret_is_among_those_that_are_read(
    issuer: str, given: Set, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(issuer)
    assert "secrets: `env:OIDC_SECRET` can be read" in run("doctor").out
    monkeypatch.delenv("OIDC_SECRET")
    done = run("doctor")
    assert done.code == 1
    assert "there is no secret at `env:OIDC_SECRET`" in done.out


def test_without_a_provider_there_is_nothing_to_say(home: Path) -> None:
    assert told() == []
