"""Fetches calendars of absences that stand elsewhere, and keeps each as the file beside `people.yaml` that is read.

Rules: 1. Only what can be read takes the place of what was there: an address that is away, or answers something else,
changes nothing. 2. What could not be fetched for a day is taken away, so that people are rather asked in vain than not
at all; `fireline doctor` says so. 3. An address may be a secret: what is said names the file alone.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from console.absences import AbsenceCalendar
from console.outgoing.secret_url import url_at
from console.outgoing.web import exchange
from console.people import parse
from engine.calendars.ics import SIZE_LIMIT, read_ics
from engine.errors import FirelineError, InvalidInput
from engine.ledger.disk import write_whole

LOG = logging.getLogger("fireline")
EVERY_S = 900.0
STALE = timedelta(days=1)


async def keep_fetching(people: Path, clock: Callable[[], datetime]) -> None:
    """Fetch every calendar that the file of people names an address of, until cancelled."""
    while True:
        await fetch_all(people, clock())
        await asyncio.sleep(EVERY_S)


async def fetch_all(people: Path, now: datetime) -> None:
    """Fetch each once."""
    try:
        calendars = (await asyncio.to_thread(parse, people)).calendars
    except (InvalidInput, OSError) as error:
        LOG.warning("no calendar is fetched: %s", error)
        return
    for one in calendars:
        if one.url:
            await _fetch(people.parent / one.file, one, now)


async def _fetch(path: Path, calendar: AbsenceCalendar, now: datetime) -> None:
    try:
        data = await exchange("GET", await url_at(calendar.url), b"", {"Accept": "text/calendar"}, longest=SIZE_LIMIT)
        await asyncio.to_thread(_keep, path, data, calendar, now)
    except (FirelineError, UnicodeDecodeError, OSError) as error:
        LOG.warning("the calendar for `%s` was not fetched: %s", calendar.file, error)
        await asyncio.to_thread(_drop_stale, path, now)


def _keep(path: Path, data: bytes, calendar: AbsenceCalendar, now: datetime) -> None:
    """Rule 1; the time of the file is that of its last fetching."""
    read_ics(data.decode("utf-8-sig"), calendar.file, ZoneInfo(calendar.timezone))
    if not path.exists() or path.read_bytes() != data:
        write_whole(path, data, 0o600)
    os.utime(path, (now.timestamp(), now.timestamp()))


def _drop_stale(path: Path, now: datetime) -> None:
    """Rule 2."""
    if path.exists() and now.timestamp() - path.stat().st_mtime > STALE.total_seconds():
        path.unlink()
        LOG.warning("`%s` could not be fetched for a day: nobody is away by it any more", path.name)
