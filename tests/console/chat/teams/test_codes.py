"""A yes at tier 4 in Teams: the card has a field for a code, and nothing shows or keeps one."""

import pytest
from pyotp import TOTP

from engine.model.request import Request
from engine.step_up import USED, WRONG
from tests.console.chat.conftest import SECOND
from tests.console.chat.slack.test_codes import SECRET, give_secret
from tests.console.chat.teams.conftest import PEOPLE, Meeting

ANNA, SAMIR = PEOPLE["anna"], PEOPLE["samir"]


async def asked(meeting: Meeting) -> Request:
    """An isolation at tier 4; anna has a secret for codes."""
    give_secret(meeting.bench.settings.home)
    await meeting.carry()
    found = await meeting.bench.ask("tom", "host.isolate", "files-02")
    await meeting.carry()
    await meeting.bench.later(2 * SECOND)
    return meeting.bench.requests(found.incident_id, "host.isolate")[-1]


async def test_with_the_code_it_counts_and_without_it_does_not(
    meeting: Meeting, caplog: pytest.LogCaptureFixture
) -> None:
    request = await asked(meeting)
    said = TOTP(SECRET).at(meeting.bench.now)
    assert "is needed" in await meeting.press(ANNA, reason="lost anyway")
    assert WRONG in await meeting.press(ANNA, reason="lost anyway", code="918273")
    assert (await meeting.press(ANNA, reason="lost anyway", code=said)).startswith("counted: ")
    assert meeting.votes(request) == [("anna", "approve", "chat/teams")]
    kept = b"".join(file.read_bytes() for file in meeting.bench.settings.home.glob("fireline.db*"))
    shown = str((meeting.teams.messages, meeting.teams.whispers, caplog.text))
    assert [(code.encode() in kept, code in shown) for code in (said, "918273")] == [(False, False)] * 2


async def test_a_code_does_once_and_for_nobody_else(meeting: Meeting) -> None:
    request = await asked(meeting)
    said = TOTP(SECRET).at(meeting.bench.now)
    await meeting.press(ANNA, reason="lost anyway", code=said)
    other = await meeting.bench.ask("tom", "host.isolate", "files-02")
    await meeting.carry()
    await meeting.bench.later(2 * SECOND)
    assert USED in await meeting.press(ANNA, reason="this one too", code=said)
    assert meeting.votes(meeting.bench.requests(other.incident_id, "host.isolate")[-1]) == []
    assert [who for who, _, _ in meeting.votes(request)] == ["anna"]


async def test_who_has_no_secret_leaves_the_field_empty(meeting: Meeting) -> None:
    request = await asked(meeting)
    assert (await meeting.press(SAMIR, reason="lost anyway")).startswith("counted: ")
    assert meeting.votes(request) == [("samir", "approve", "chat/teams")]
