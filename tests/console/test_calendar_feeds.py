"""Calendars of absences that stand elsewhere: fetched, kept where they can be read, and dropped once they are old."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from console.calendar_feeds import STALE, fetch_all
from console.people import FilePeople
from tests.console.test_absences import NOON, PEOPLE, calendar, event

HOUR = timedelta(hours=1)


class Feed:
    """What a calendar's server answers with: a status and a body."""

    def __init__(self) -> None:
        self.status, self.body, self.url = 200, b"", ""


@pytest.fixture
def feed() -> Iterator[Feed]:
    made = Feed()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(made.status)
            self.send_header("Content-Length", str(len(made.body)))
            self.end_headers()
            self.wfile.write(made.body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_port}/private-8f3a/away.ics"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def people(feed: Feed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CALENDAR_URL", feed.url)
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE + "calendars:\n  - {file: away.ics, url: env:CALENDAR_URL}\n")
    path.chmod(0o600)
    return path


async def test_what_is_fetched_is_read_and_read_again_when_it_changes(people: Path, feed: Feed) -> None:
    known, away = FilePeople(people), []
    for body in (calendar(event("tom: dentist")), calendar(event("anna: dentist"))):
        feed.body = body.encode()
        await fetch_all(people, NOON)
        away.append(known.absent(NOON))
    assert away == [{"tom"}, {"anna"}]
    assert (people.parent / "away.ics").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (404, b""), (200, b"<html>sign in</html>"), (200, b"\xff\xfe")]
)
async def test_what_cannot_be_read_changes_nothing_for_a_day_and_then_takes_nobody_away(
    people: Path, feed: Feed, status: int, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    known = FilePeople(people)
    feed.body = calendar(event("tom: ski", more="DURATION:P5D")).encode()
    await fetch_all(people, NOON)
    feed.status, feed.body = status, body
    await fetch_all(people, NOON + STALE)
    assert known.absent(NOON + STALE) == {"tom"}
    await fetch_all(people, NOON + STALE + HOUR)
    assert known.absent(NOON + STALE + HOUR) == frozenset()
    assert known.calendar_problems[0].startswith("nobody is away by `away.ics`: `away.ics` cannot be read")
    assert "private-8f3a" not in caplog.text


async def test_an_address_that_others_could_read_on_the_way_is_not_asked(
    people: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CALENDAR_URL", "http://calendar.example/private-8f3a/away.ics")
    await fetch_all(people, NOON)
    assert "without TLS only this host is spoken to" in caplog.text
    assert "private-8f3a" not in caplog.text


async def test_more_than_a_calendar_may_hold_is_not_taken_in(people: Path, feed: Feed) -> None:
    feed.body = b"BEGIN:VCALENDAR\r\n" + b"X" * 600_000
    await fetch_all(people, NOON)
    assert [path.name for path in people.parent.iterdir()] == ["people.yaml"]


async def test_a_file_without_an_address_is_left_as_it_is(people: Path) -> None:
    people.write_text(people.read_text().replace(", url: env:CALENDAR_URL", ""))
    kept = people.parent / "away.ics"
    kept.write_text(calendar(event("tom: ski")))
    await fetch_all(people, NOON + 365 * STALE)
    assert kept.exists()


async def test_a_file_of_people_that_is_not_good_has_nothing_fetched(people: Path, feed: Feed) -> None:
    people.write_text("people: [")
    await fetch_all(people, NOON)
    assert not (people.parent / "away.ics").exists()
