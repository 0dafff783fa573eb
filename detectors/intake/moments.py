"""Times as products write them, to UTC."""

import re
from datetime import UTC, datetime, timedelta

EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)
"""A time outside of these is a mistake of unit or clock, and refused."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}([.,]\d{1,12})?(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII)


def from_text(text: str) -> tuple[datetime, bool]:
    """An ISO 8601 time in UTC, and whether it named its zone (if not, it is taken as UTC). Raises `ValueError`."""
    shape = _ISO.fullmatch(text.strip())
    if shape is None:
        raise ValueError(f"`{text[:60]}` is not a time like `2026-11-21T03:11:02Z`")
    try:
        parsed = datetime.fromisoformat(text.strip().upper())
    except ValueError as error:
        raise ValueError(f"`{text[:60]}`: {error}") from None
    zoned = parsed.tzinfo is not None
    return _plausible(parsed if zoned else parsed.replace(tzinfo=UTC), text), zoned


def from_milliseconds(value: int) -> datetime:
    """Milliseconds since 1970 in UTC. Raises `ValueError`."""
    try:
        return _plausible(_EPOCH + timedelta(milliseconds=value), str(value))
    except OverflowError:
        raise ValueError(f"`{str(value)[:60]}` is far outside {EARLIEST.year} to {LATEST.year}") from None


def _plausible(moment: datetime, text: str) -> datetime:
    # Compared before the conversion, which overflows near the ends of the calendar.
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"`{text[:60]}` is in the year {moment.year}, outside {EARLIEST.year} to {LATEST.year}")
    return moment.astimezone(UTC)
