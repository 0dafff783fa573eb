"""A yes at tier 4 in Slack: the form asks whoever has a secret for a code, and shows and keeps none."""

from pathlib import Path

import pytest
from pyotp import TOTP

from engine.model.request import Request
from engine.step_up import USED, WRONG, new_secret
from tests.console.chat.conftest import SECOND, USERS, Chat
from tests.console.chat.slack.test_narrowing import labels

ANNA, SAMIR = USERS["anna"], USERS["samir"]
SECRET = new_secret()


async def asked(chat: Chat) -> Request:
    """An isolation at tier 4, about which anna has a secret."""
    give_secret(chat.bench.settings.home)
    await chat.carry()
    found = await chat.bench.ask("tom", "host.isolate", "files-02")
    await chat.carry()
    await chat.bench.later(2 * SECOND)
    return chat.bench.requests(found.incident_id, "host.isolate")[-1]


def give_secret(home: Path) -> None:
    file, people = home / "anna.totp", home / "people.yaml"
    file.write_text(SECRET)
    file.chmod(0o600)
    people.write_text(people.read_text().replace("  anna:\n", f"  anna:\n    totp: file:{file}\n", 1))


async def test_the_form_asks_who_has_a_secret_for_a_code_and_nobody_else(chat: Chat) -> None:
    await asked(chat)
    await chat.press(ANNA, "Approve…")
    assert labels(chat) == ["lease", "reason", "code"]
    await chat.press(ANNA, "Deny…")
    assert labels(chat) == ["reason"]
    await chat.press(SAMIR, "Approve…")
    assert labels(chat) == ["lease", "reason"]


async def test_with_the_code_it_counts_and_without_it_does_not(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    request = await asked(chat)
    said = TOTP(SECRET).at(chat.bench.now)
    await chat.press(ANNA, "Approve…")
    assert "is needed" in (await chat.submit(ANNA, "lost anyway")).json()["errors"]["reason"]
    assert WRONG in (await chat.submit(ANNA, "lost anyway", code="918273")).json()["errors"]["reason"]
    assert (await chat.submit(ANNA, "lost anyway", code=said)).json() == {}
    assert chat.votes(request) == [("anna", "approve", "chat/soc")]
    kept = b"".join(file.read_bytes() for file in chat.bench.settings.home.glob("fireline.db*"))
    shown = str((chat.slack.messages, chat.slack.whispers, chat.slack.views, caplog.text))
    assert [(code.encode() in kept, code in shown) for code in (said, "918273")] == [(False, False)] * 2


async def test_a_code_that_did_for_one_does_not_do_for_another_nor_for_somebody_else(chat: Chat) -> None:
    await asked(chat)
    said = TOTP(SECRET).at(chat.bench.now)
    await chat.press(ANNA, "Approve…")
    await chat.submit(ANNA, "lost anyway", code=said)
    other = await chat.bench.ask("tom", "host.isolate", "files-02")
    await chat.carry()
    await chat.bench.later(SECOND)
    await chat.press(ANNA, "Approve…")
    assert USED in (await chat.submit(ANNA, "this one too", code=said)).json()["errors"]["reason"]
    assert chat.votes(chat.bench.requests(other.incident_id, "host.isolate")[-1]) == []
