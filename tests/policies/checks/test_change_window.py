"""People are told of change freezes and maintenance; what follows is for the policy to say."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.model.calendar import CalendarKind, OpenWindow
from engine.ports import Subject
from policies.checks.change_window import ChangeWindow

Make = Callable[..., Subject]
END = datetime(2027, 1, 4, 6, tzinfo=UTC)


def window(kind: CalendarKind, until: datetime | None = END) -> OpenWindow:
    return OpenWindow("year-end", kind, "change-management", until)


@pytest.mark.parametrize(
    ("windows", "outcome", "summary"),
    [
        ((), "pass", "no change freeze and no maintenance"),
        ((window(CalendarKind.OCCASION),), "pass", "no change freeze and no maintenance"),
        ((window(CalendarKind.CHANGE_FREEZE),), "warn",
         "change freeze `year-end` of change-management until 2027-01-04 06:00 UTC"),
        ((window(CalendarKind.MAINTENANCE, None),), "warn", "maintenance `year-end` of change-management"),
    ],
)  # fmt: skip
def test_outcome(make: Make, windows: tuple[OpenWindow, ...], outcome: str, summary: str) -> None:
    found = ChangeWindow().run(make(windows=windows))
    assert (found.outcome, found.summary) == (outcome, summary)


def test_a_notice_is_no_change(make: Make) -> None:
    found = ChangeWindow().run(make("notify", "files-02", windows=(window(CalendarKind.CHANGE_FREEZE),)))
    assert found.outcome == "pass"
