"""Is it a time at which changes are frozen, or at which odd data are to be expected?"""

from dataclasses import dataclass

from engine.model.calendar import CalendarKind, OpenWindow
from engine.model.check import CheckResult
from engine.ports import Subject
from policies.answers import harmless, listed, passed, warned

_WORDS = {CalendarKind.CHANGE_FREEZE: "change freeze", CalendarKind.MAINTENANCE: "maintenance"}


@dataclass(frozen=True)
class ChangeWindow:
    """Warns whoever decides; what follows from it, up to a refusal, is for the policy's rules to say."""

    id: str = "change-window"

    def run(self, subject: Subject) -> CheckResult:
        """Name the policy's freezes and maintenance windows that are open for this action and target."""
        if harmless(subject):
            return passed(self, "changes nothing")
        found = [window for window in subject.windows if window.kind in _WORDS]
        if not found:
            return passed(self, "no change freeze and no maintenance")
        return warned(self, listed([_told(window) for window in found]), {"calendars": [one.calendar for one in found]})


def _told(window: OpenWindow) -> str:
    until = "" if window.until is None else f" until {window.until:%Y-%m-%d %H:%M} UTC"
    return f"{_WORDS[window.kind]} `{window.calendar}` of {window.owner}{until}"
