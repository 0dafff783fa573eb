"""The days that a rule names: those of the library that counts them one by one, found without counting."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.calendars.recurrence import read_rule
from engine.errors import InvalidInput

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
END = date(2028, 1, 1)


def names(first: str, text: str, until: str = "2030-01-01") -> list[str]:
    rule = read_rule(text, date.fromisoformat(first), lambda day: day)
    return [day.isoformat() for day in rule.days(date(2020, 1, 1), date.fromisoformat(until))]


@pytest.mark.parametrize(
    ("first", "text", "expected"),
    [
        ("2026-01-13", "FREQ=MONTHLY;BYDAY=2TU;COUNT=3", ["2026-01-13", "2026-02-10", "2026-03-10"]),
        ("2026-01-30", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=3",
         ["2026-01-30", "2026-02-27", "2026-03-31"]),
        ("2026-01-31", "FREQ=MONTHLY;COUNT=3", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("2024-02-29", "FREQ=YEARLY;UNTIL=20290101", ["2024-02-29", "2028-02-29"]),
        ("2026-11-27", "FREQ=YEARLY;BYMONTH=11;BYDAY=4FR;COUNT=2", ["2026-11-27", "2027-11-26"]),
        ("2026-03-01", "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU;COUNT=4",
         ["2026-03-01", "2026-03-02", "2026-03-15", "2026-03-16"]),
    ],
)  # fmt: skip
def test_rules_people_plan_by(first: str, text: str, expected: list[str]) -> None:
    assert names(first, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "`` is no part"),
        ("FREQ=HOURLY", "a rule recurs by"),
        ("FREQ=DAILY;INTERVAL=0", "`INTERVAL` is a number from 1 to 1000"),
        ("FREQ=DAILY;COUNT=100000", "`COUNT` is a number from 1 to 1000"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260101", "not both"),
        ("FREQ=DAILY;FREQ=DAILY", "stands twice"),
        ("FREQ=DAILY;UNTIL=soon", "no recurrence rule"),
        ("FREQ=MONTHLY;BYDAY=6MO", "no month has a `6MO`"),
        ("FREQ=WEEKLY;BYDAY=2TU", "counts weekdays of a month"),
        ("FREQ=YEARLY;BYDAY=2TU", "counts weekdays of a month"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=1", "a month or a year"),
        ("FREQ=YEARLY;BYMONTH=5L", "is no part"),
        ("FREQ=YEARLY;BYWEEKNO=1", "is no part"),
        ("FREQ=MONTHLY;BYDAY=2TU",
         "`2026-01-01` is none of the days that its rule names: the first of them is `2026-01-13`"),
        ("FREQ=YEARLY;INTERVAL=1000;COUNT=2", "reaches further than 30 years"),
        ("FREQ=DAILY;BYMONTHDAY=" + ",".join(["1"] * 61), "lists more than 60"),
    ],
)  # fmt: skip
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        names("2026-01-01", text)


def test_a_stretch_far_away_costs_what_a_near_one_does() -> None:
    rule = read_rule("FREQ=DAILY", date(1970, 1, 1), lambda day: day)
    assert len(list(rule.days(date(2150, 1, 1), date(2150, 1, 31)))) == 31


@st.composite
def rules(draw: st.DrawFn) -> str:
    every = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    months = draw(st.lists(st.integers(1, 12), max_size=3))
    in_month = every == "MONTHLY" or (every == "YEARLY" and months)
    # All with an ordinal or none: of `MO,1MO` dateutil makes `1MO`, and the standard both.
    ordinals = st.sampled_from(["1", "2", "-1"] if in_month and draw(st.booleans()) else [""])
    weekdays = draw(st.lists(st.builds(str.__add__, ordinals, st.sampled_from(DAYS)), max_size=5))
    days = draw(st.lists(st.sampled_from([1, 2, 15, 28, 31, -1, -2]), max_size=2)) if every != "WEEKLY" else []
    chooses = (weekdays or days) and every in ("MONTHLY", "YEARLY")
    positions = draw(st.lists(st.sampled_from([1, 2, -1, -3]), max_size=2)) if chooses else []
    parts: dict[str, Sequence[object]] = {
        "FREQ": [every], "INTERVAL": [draw(st.sampled_from([1, 2, 3, 7, 14]))], "BYMONTH": months, "BYDAY": weekdays,
        "BYMONTHDAY": days, "BYSETPOS": positions, "WKST": [draw(st.sampled_from(DAYS))],
    }  # fmt: skip
    return ";".join(f"{name}={','.join(map(str, values))}" for name, values in parts.items() if values)


@settings(max_examples=60, deadline=None)
@given(rules(), st.dates(date(2023, 1, 1), date(2025, 12, 31)))
def test_the_days_are_those_that_dateutil_counts(text: str, around: date) -> None:
    def counted(first: date) -> list[date]:
        until = f"UNTIL={END:%Y%m%d}T000000"
        found = rrulestr(f"{text};{until}", dtstart=datetime.combine(first, datetime.min.time()))
        return [moment.date() for moment in found]

    named = counted(around)
    assume(named)
    # The rule is asked from a day that it names: from any other the standard leaves it undefined.
    expected = counted(named[0])
    assume(expected[:1] == named[:1])
    assert list(read_rule(text, named[0], lambda day: day).days(around - timedelta(days=900), END)) == expected
