"""What leaves is cleaned, bounded and marked; whom it means widens; secrets stand elsewhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.errors import InvalidInput
from engine.hosts import host_of
from engine.model.action import Executor
from engine.model.base import Json
from engine.model.channel import Channels
from engine.model.chat import Rooms
from engine.model.page import Event, Message
from engine.model.siem import Receivers
from engine.outgoing import LINES, clean, is_simulated, notice
from engine.secrets import reveal

AT = datetime(2026, 11, 22, 3, 11, tzinfo=UTC)
BOTH = {"edge": Executor.REAL, "sim": Executor.SIMULATED}


def message(**changes: object) -> Message:
    known = {"id": "MS-1", "event": Event.TRIGGER, "about": "PG-1", "audience": "pager", "subject": "s", "title": "t"}
    return Message.model_validate({**known, "made_at": AT, **changes})


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("two\nlines\tand more", "two lines and more"),
        ("bell\x07 and \x1b[2J", "bell and [2J"),
        ("right\u202eto left\u200b", "right to left"),
        ("<!channel> @here", "‹!channel› @\u2060here"),
        ("0123456789", "01234567…"[:8] + "…"),
    ],
)
def test_text_from_outside_is_one_harmless_line(text: str, cleaned: str) -> None:
    assert clean(text, 9 if text.isdigit() else 100) == cleaned


def test_what_is_too_long_says_how_much_is_left_out() -> None:
    sent = notice(message(lines=tuple(map(str, range(LINES + 3)))), (), False, "here")
    assert (len(sent.lines), sent.lines[-1]) == (LINES + 1, "and 3 more: see `fireline leases list`")


def test_two_engines_at_one_receiver_have_keys_of_their_own() -> None:
    assert len({notice(message(), (), False, site).key for site in ("here", "there")}) == 2


@pytest.mark.parametrize(
    ("changes", "executors", "simulated"),
    [
        ({"connector": "sim"}, BOTH, True),
        ({"connector": "edge"}, BOTH, False),
        ({"connector": "gone"}, BOTH, False),
        ({}, BOTH, False),
        ({}, {"sim": Executor.SIMULATED}, True),
        ({"simulated": True, "connector": "edge"}, BOTH, True),
    ],
)
def test_only_what_surely_is_simulated_counts_as_that(
    changes: dict[str, object], executors: dict[str, Executor], simulated: bool
) -> None:
    assert is_simulated(message(**changes), executors) is simulated


def test_a_secret_in_a_file_of_its_owner_is_read(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("value\n")
    file.chmod(0o600)
    assert reveal(f"file:{file}") == "value"
    file.chmod(0o640)
    with pytest.raises(InvalidInput, match="may be read by others"):
        reveal(f"file:{file}")


@pytest.mark.parametrize("reference", ["env:NOTHING_HERE", "file:/nowhere/key"])
def test_a_secret_that_is_not_there_is_named_by_its_reference(reference: str) -> None:
    with pytest.raises(InvalidInput, match=reference):
        reveal(reference)


@pytest.mark.parametrize(
    ("settings", "host"),
    [
        ({"kind": "pagerduty", "routing_key": "env:K"}, "events.pagerduty.com"),
        ({"kind": "webhook", "secret": "env:S", "url": "https://Hook.example:8443/in?x=1"}, "hook.example"),
        ({"kind": "webhook", "secret": "env:S", "url": "env:URL"}, ""),
        ({"kind": "syslog", "address": "10.0.0.9:514"}, "10.0.0.9"),
        ({"kind": "syslog"}, ""),
        ({"kind": "file", "path": "/var/log/pages"}, ""),
        ({"kind": "email", "server": "mail.example", "sender": "f@x.example", "to": ["a@x.example"]}, "mail.example"),
    ],
)
def test_the_hosts_that_people_are_reached_through_are_known(settings: Json, host: str) -> None:
    [channel] = TypeAdapter(Channels).validate_python([{"name": "out", **settings}])
    assert host_of(channel) == host


@pytest.mark.parametrize(
    "channels",
    [
        [{"kind": "file", "name": "a", "path": "/a"}, {"kind": "syslog", "name": "a"}],
        [{"kind": "pagerduty", "name": "a", "routing_key": "the-key-itself"}],
        [{"kind": "webhook", "name": "a", "secret": "env:S", "url": "ftp://a/b"}],
        [{"kind": "webhook", "name": "a", "secret": "env:S", "url": "http://hook.example/in"}],
        [{"kind": "pagerduty", "name": "a", "routing_key": "env:K", "url": "http://10.0.0.9/v2/enqueue"}],
        [{"kind": "carrier-pigeon", "name": "a"}],
        [{"kind": "syslog", "name": "a", "address": "log.example:65536"}],
        [{"kind": "syslog", "name": "a", "address": "log.example:0"}],
    ],
)
def test_channels_that_nobody_could_tell_apart_or_use_are_refused(channels: list[dict[str, str]]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Channels).validate_python(channels)


SLACK = {"kind": "slack", "name": "a", "team": "T1", "channel": "C1", "signing_secret": "env:S", "bot_token": "env:T"}
MATTERMOST = {
    "kind": "mattermost", "name": "a", "team": "t" * 26, "channel": "c" * 26, "bot_token": "env:T", "secret": "env:S",
    "url": "https://chat.example", "callback": "https://engine.example",
}  # fmt: skip
TEAMS = {
    "kind": "teams", "name": "a", "app_id": f"{'0' * 8}-0000-0000-0000-{'0' * 12}", "app_secret": "env:S",
    "tenant": f"{'0' * 8}-0000-0000-0000-{'0' * 12}", "conversation": "19:a@thread.tacv2",
}  # fmt: skip
MATRIX = {"kind": "matrix", "name": "a", "room": "!a:x", "access_token": "env:T"}
HOOK = {"kind": "webhook", "name": "a", "secret": "env:S", "answers": "env:A"}


@pytest.mark.parametrize(
    ("room", "field"),
    [
        (SLACK, "url"),
        (MATRIX, "url"),
        (HOOK, "url"),
        *((MATTERMOST, field) for field in ("url", "callback")),
        *((TEAMS, field) for field in ("service_url", "login_url", "keys_url")),
    ],
)
def test_a_room_is_spoken_to_by_tls_unless_it_is_on_this_host(room: dict[str, str], field: str) -> None:
    end = "/" if room["kind"] == "slack" or field in ("service_url", "login_url") else ""
    for host in ("chat.example", "10.0.0.9", "localhost"):
        with pytest.raises(ValidationError, match="without TLS only this host is spoken to"):
            TypeAdapter(Rooms).validate_python([{**room, field: f"http://{host}{end}"}])
    for good in ("https://chat.example", "http://127.0.0.1:8080"):
        TypeAdapter(Rooms).validate_python([{**room, field: f"{good}{end}"}])


@pytest.mark.parametrize("url", ["http://splunk.example:8088", "http://10.0.0.9:8088", "http://localhost:8088"])
def test_a_collector_gets_its_token_by_tls_unless_it_is_on_this_host(url: str) -> None:
    given = {"kind": "hec", "name": "a", "token": "env:T"}
    with pytest.raises(ValidationError, match="without TLS only this host is spoken to"):
        TypeAdapter(Receivers).validate_python([{**given, "url": url}])
    TypeAdapter(Receivers).validate_python([{**given, "url": "https://splunk.example:8088"}])
    TypeAdapter(Receivers).validate_python([{**given, "url": "http://[::1]:8088"}])
