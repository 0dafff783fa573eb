"""Back-pressure at the door: what one detector version reports beyond its share of an hour is gathered, not answered.

Every finding answered costs an incident, a workflow and a playbook; a finding gathered costs a row. What a person fed
by hand counts as theirs and not as the detector's, so that nobody blinds a detector by feeding in its name.
"""

from datetime import datetime

from engine.control.desk import Desk
from engine.control.trips import gather, trip
from engine.model.finding import Finding
from engine.model.trip import Trip, detector_scope
from engine.store.tx import Tx


class Storm:
    """What of one batch is gathered; written by `close`."""

    def __init__(self, tx: Tx, desk: Desk, now: datetime, unlimited: bool = False) -> None:
        """Go by what trips stand, and by the policy's share of an hour; what we found ourselves is `unlimited`."""
        self._tx, self._now, self._unlimited = tx, now, unlimited
        self._limit = desk.policy.document.budgets.site.detector_findings_hour
        self._trips = {scope: one for scope, one in tx.trips.standing().items() if one.gathers}
        self._before: dict[str, int] = {}
        self._answered: dict[str, int] = {}
        self._gathered: dict[str, dict[str, Finding]] = {}

    def takes(self, finding: Finding) -> Trip | None:
        """The trip that this finding is gathered under, None where it is to be answered."""
        if self._unlimited:
            return None
        scope = _scope(finding)
        if scope not in self._trips and self._has_room(scope):
            self._answered[scope] = self._answered.get(scope, 0) + 1
            return None
        if scope not in self._trips:
            why = f"{self._limit} findings within an hour, and more came"
            self._trips[scope] = trip(self._tx, scope, why, finding.submitter or scope, self._now, gathers=True)
        self._gathered.setdefault(scope, {})[finding.id] = finding
        return self._trips[scope]

    def known(self, finding: Finding) -> str | None:
        """The incident of a finding that this batch has gathered already."""
        scope = _scope(finding)
        return self._trips[scope].incident_id if finding.id in self._gathered.get(scope, {}) else None

    def close(self, actor: str) -> None:
        """Write what was counted and gathered."""
        if self._limit is not None:
            for scope, count in self._answered.items():
                self._tx.trips.count(scope, count, self._now)
        for scope, found in self._gathered.items():
            gather(self._tx, self._trips[scope], found.values(), actor, self._now)

    def _has_room(self, scope: str) -> bool:
        if self._limit is None:
            return True
        if scope not in self._before:
            self._before[scope] = self._tx.trips.counted(scope, self._now)
        return self._before[scope] + self._answered.get(scope, 0) < self._limit


def _scope(finding: Finding) -> str:
    if finding.submitter is not None:
        return f"submitter:{finding.submitter}"
    return detector_scope(finding.detector, finding.detector_version)
