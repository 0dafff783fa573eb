"""Whether a source's data are in order, judged by its own past; pure.

Only hours in which the engine looked count (`LOOKS` times or more), so that its own absence is nobody's silence.

- *Silent*: more empty hours in a row than twice its longest pause so far. A detector that speaks once a week may be
  still for two; one that speaks every hour, for two hours.
- *Deviating*: more in the last or the running hour, or less in the last, than `SPREADS` robust spreads (median absolute
  deviation, as a standard deviation; never less than that of counting itself, the median's root) from the median.
- *Erring*: over `ERROR_SHARE` of a day's records, and at least `LEAST_ERRORS`, could not be read.
- *Skewed*: its latest findings are dated `AHEAD` in the future or more, or come `LATE` or more after their time. A
  clock that is slow and a delivery that is late look alike; on neither should anybody act by themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import sqrt
from statistics import median

from engine.model.source import Quality, Source, Symptom

HISTORY = 14 * 24
"""Hours looked back on."""
ENOUGH = 24
"""Watched hours before a source can be called anything but unknown."""
ENOUGH_BUSY = 10
"""Hours in which something came before pauses mean anything."""
LOOKS = 50
"""Looks in an hour that is counted; there is one a minute."""
LOOKED = timedelta(minutes=10)
"""What the last look said is believed this long."""
SPREADS = 5.0
LEAST_PAUSE = 2
DAY = 24
ERROR_SHARE = 0.05
LEAST_ERRORS = 5
AHEAD = timedelta(minutes=2)
LATE = timedelta(hours=1)
LEAST_LAGS = 5


@dataclass(frozen=True)
class Past:
    """What came from a source: `hours` are the whole watched hours since it was first seen, oldest first."""

    hours: tuple[int, ...]
    running: int = 0
    records_day: int = 0
    errors_day: int = 0


@dataclass(frozen=True)
class Band:
    """Findings an hour that are ordinary for a source."""

    low: float
    high: float


@dataclass(frozen=True)
class Health:
    """What a look at a source found."""

    quality: Quality
    why: str
    symptoms: dict[Symptom, str]


def examine(source: Source, past: Past) -> Health:
    """Every symptom it shows, in words."""
    found = {
        Symptom.SILENT: _silent(past.hours),
        Symptom.DEVIATING: _deviating(past),
        Symptom.ERRING: _erring(past),
        Symptom.SKEWED: _skewed(source.lags),
    }
    symptoms = {symptom: why for symptom, why in found.items() if why}
    if symptoms:
        return Health(Quality.SICK, "; ".join(symptoms.values()), symptoms)
    if len(past.hours) < ENOUGH:
        return Health(Quality.UNKNOWN, f"watched for {len(past.hours)} of {ENOUGH} hours", {})
    return Health(Quality.HEALTHY, "", {})


def band(hours: Sequence[int]) -> Band | None:
    """The ordinary range of these hours; None where they are too few."""
    if len(hours) < ENOUGH:
        return None
    middle = median(hours)
    spread = max(1.4826 * median(abs(count - middle) for count in hours), sqrt(middle), 1.0)
    return Band(max(0.0, middle - SPREADS * spread), middle + SPREADS * spread)


def lag(source: Source) -> float | None:
    """How old its findings are when they come, in seconds, by the median; below zero where they lie ahead."""
    return median(source.lags) if source.lags else None


def quality_now(source: Source | None, looked_at: datetime | None, now: datetime) -> Quality:
    """What may be relied on: nothing, where nobody has looked lately."""
    if source is None or looked_at is None or now - looked_at > LOOKED:
        return Quality.UNKNOWN
    return source.quality


def is_learning(source: Source | None, at_least: timedelta, now: datetime) -> bool:
    """Whether it is too young, whatever it has seen (`engine.learning_coverage`)."""
    return source is None or now < source.first_seen + at_least


def _silent(hours: Sequence[int]) -> str:
    quiet = _trailing(hours)
    before = hours[: len(hours) - quiet]
    pauses = [len(list(run)) for empty, run in groupby(before, key=lambda count: count == 0) if empty]
    if len(before) < ENOUGH or sum(count > 0 for count in before) < ENOUGH_BUSY:
        return ""
    longest = max(pauses, default=0)
    if quiet < LEAST_PAUSE or quiet <= 2 * longest:
        return ""
    return f"nothing for {quiet} h; its longest pause was {longest} h"


def _trailing(hours: Sequence[int]) -> int:
    return next((number for number, count in enumerate(reversed(hours)) if count), len(hours))


def _deviating(past: Past) -> str:
    usual = band(past.hours[:-1])
    if usual is None:
        return ""
    last = past.hours[-1]
    most = max(last, past.running)
    said = f"where {usual.low:.0f} to {usual.high:.0f} are ordinary"
    if most > usual.high:
        return f"{most} findings in an hour, {said}"
    return f"{last} findings in an hour, {said}" if 0 < last < usual.low else ""


def _erring(past: Past) -> str:
    if past.errors_day < LEAST_ERRORS or past.errors_day <= ERROR_SHARE * past.records_day:
        return ""
    return f"{past.errors_day} of {past.records_day} records of a day could not be read"


def _skewed(lags: Sequence[float]) -> str:
    if len(lags) < LEAST_LAGS:
        return ""
    usual = timedelta(seconds=round(median(lags)))
    if usual <= -AHEAD:
        return f"its findings are dated {-usual} ahead"
    return f"its findings come {usual} after their time" if usual >= LATE else ""
