"""Correlated findings as one unit of response."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model
from engine.model.finding import Confidence, Severity, Verdict


class IncidentState(StrEnum):
    """An incident is worked on until it is closed; a closed one never reopens."""

    OPEN = "open"
    CLOSED = "closed"


class Incident(Model):
    """Findings about one entity within one sliding window.

    `key` is what was correlated on (`host:files-02`, `ip:203.0.113.9`); `generation` counts the incidents of that key.
    `workflow_id` is `incident/<key>/<generation>`.
    """

    id: str
    key: str
    generation: int
    state: IncidentState
    title: str
    severity: Severity
    confidence: Confidence | None
    opened_at: AwareDatetime
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    finding_ids: tuple[str, ...]
    planned_ids: tuple[str, ...] = ()
    submitters: tuple[str, ...] = ()
    verdict: Verdict | None = None
    closed_at: AwareDatetime | None = None

    @property
    def workflow_id(self) -> str:
        """The Temporal id of this incident's Respond workflow."""
        return f"incident/{self.key}/{self.generation}"
