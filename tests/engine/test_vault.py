"""Secrets in a vault: read from a real one, for a while, and never shown in what fails."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import vault as module
from engine.errors import InvalidInput, SecretAway
from engine.secrets import SOURCES, fetch, reveal
from engine.vault import HOLDS_S, PAUSE_S, Vault
from tests.engine.openbao import ROOT, OpenBao, openbao
from tests.patience import PATIENCE_S

VALUE = "xoxb-the-value-itself"
HERE = "vault:secret/fireline/slack#bot_token"
NAME = HERE.partition(":")[2]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    with openbao(tmp_path_factory.mktemp("bao")) as made:
        made.keep("fireline/slack", bot_token=VALUE, number=7, empty="")
        yield made


@pytest.fixture(autouse=True)
def _named(server: OpenBao, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine's vault is slow, and no test is about that.
    monkeypatch.setattr(module, "WITHIN_S", PATIENCE_S)
    for name in ("VAULT_TOKEN_FILE", "VAULT_NAMESPACE", "VAULT_CACERT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAULT_ADDR", server.url)
    monkeypatch.setenv("VAULT_TOKEN", ROOT)


def told(reference: str) -> str:
    """What fails when it is read; neither the value nor the token stands in it."""
    with pytest.raises(InvalidInput) as failed:
        reveal(reference)
    chain = f"{failed.value!r} {failed.value.__cause__!r}"
    assert VALUE not in chain
    assert ROOT not in chain
    return str(failed.value)


async def test_a_secret_is_read_where_its_reference_says() -> None:
    assert (reveal(HERE), await fetch(HERE)) == (VALUE, VALUE)


@pytest.mark.parametrize("field", ["other", "number", "empty"])
def test_a_field_that_is_no_text_is_no_secret(field: str) -> None:
    reference = f"vault:secret/fireline/slack#{field}"
    assert told(reference) == f"there is no secret at `{reference}`"


@pytest.mark.parametrize("path", ["fireline/nothing", "fireline"])
def test_a_path_where_nothing_stands_is_named_by_its_reference(path: str) -> None:
    assert told(f"vault:secret/{path}#key") == f"there is no secret at `vault:secret/{path}#key`"


def test_a_redirect_is_not_followed() -> None:
    assert "answers 307" in told("vault:secret/../data/fireline/slack#bot_token")


def test_what_a_token_gives_no_leave_to_is_named_by_its_reference(
    server: OpenBao, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = server.token('path "secret/data/fireline/slack" { capabilities = ["read"] }')
    monkeypatch.setenv("VAULT_TOKEN", token)
    assert reveal(HERE) == VALUE
    server.keep("fireline/other", key=VALUE)
    refused = told("vault:secret/fireline/other#key")
    assert refused == "the vault gives no leave to read `vault:secret/fireline/other#key`"
    assert token not in refused


def test_a_token_stands_in_a_file_that_nobody_else_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "token"
    file.write_text(f"{ROOT}\n")
    file.chmod(0o600)
    monkeypatch.delenv("VAULT_TOKEN")
    monkeypatch.setenv("VAULT_TOKEN_FILE", str(file))
    assert reveal(HERE) == VALUE
    file.chmod(0o644)
    with pytest.raises(InvalidInput, match=f"`file:{file}` may be read by others"):
        reveal(HERE)


@pytest.mark.parametrize("variable", ["VAULT_ADDR", "VAULT_TOKEN"])
def test_without_a_place_or_a_token_it_says_which_variable_is_missing(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)
    assert variable in told(HERE)


@pytest.mark.parametrize("place", ["http://vault.example:8200", "ftp://127.0.0.1", "127.0.0.1:8200", "https://[", "x"])
def test_a_token_goes_nowhere_in_the_clear_but_to_this_host(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", place)
    assert "VAULT_ADDR is https" in told(HERE) or "ValueError" in told(HERE)


def test_what_was_said_holds_for_a_while_and_no_longer(server: OpenBao) -> None:
    now = [100.0]
    asked = Vault(SOURCES["file"], lambda: now[0])
    server.keep("fireline/rotated", key="first")
    assert asked.reveal("secret/fireline/rotated#key", "x") == "first"
    server.keep("fireline/rotated", key="second")
    assert asked.reveal("secret/fireline/rotated#key", "x") == "first"
    now[0] += HOLDS_S
    assert HOLDS_S <= 60
    assert "first" not in repr(asked)
    assert "first" not in repr([*asked._kept.values()])
    assert asked.reveal("secret/fireline/rotated#key", "x") == "second"
    assert len(asked._kept) == 1


def test_where_it_does_not_answer_any_more_none_of_before_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    asked = Vault(SOURCES["file"], lambda: now[0])
    assert asked.reveal(NAME, HERE) == VALUE
    monkeypatch.setattr(module, "_connection", gone)
    now[0] += HOLDS_S
    with pytest.raises(SecretAway, match="does not answer"):
        asked.reveal(NAME, HERE)
    monkeypatch.undo()


def gone(place: str) -> None:
    raise ConnectionRefusedError(place)


async def test_one_that_says_nothing_is_not_waited_for_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "WITHIN_S", 0.05)
    asked = Vault(SOURCES["file"], lambda: now[0])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        monkeypatch.setenv("VAULT_ADDR", f"http://127.0.0.1:{silent.getsockname()[1]}")
        for _ in range(3):
            with pytest.raises(SecretAway, match="does not answer for"):
                await asyncio.to_thread(asked.reveal, NAME, HERE)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
        now[0] += PAUSE_S
        with pytest.raises(SecretAway):
            asked.reveal(NAME, HERE)
        silent.accept()[0].close()


@pytest.mark.parametrize(
    ("status", "said"),
    [(503, b"{}"), (429, b""), (307, b""), (200, b"<html>"), (200, b'{"data": {"data": null}}'), (200, b"[" * 9999)],
)
def test_whatever_else_it_says_is_no_secret_and_is_not_repeated(
    status: int, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SecretAway) as failed:
        module._judged(status, said, "key", HERE)
    assert HERE in str(failed.value)
    assert "html" not in f"{failed.value!r}"
