"""One requested action on its way through the request table."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from engine.model.base import AwareDatetime, Json, Model, Text
from engine.model.check import CheckResult
from engine.model.decision import Decision
from engine.model.evidence import Waiver


class RequestState(StrEnum):
    """See `engine.lifecycle.REQUEST` for the table."""

    REQUESTED = "requested"
    DENIED = "denied"
    OBSERVED = "observed"
    QUEUED = "queued"
    AWAITING_APPROVAL = "awaiting_approval"
    AUTHORISED = "authorised"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"
    HELD = "held"
    BLOCKED = "blocked"
    FAILED = "failed"
    VETOED = "vetoed"
    ENDED = "ended"


class Request(Model):
    """An action somebody wants done for an incident.

    `requester` is a principal, or `detector:<name>@<version>` where a playbook asked on a finding.
    `person` says that a principal asked (no confidence, no autonomy, never an exception).
    `interim_for` and `supersedes` name other requests. `digest` is what people approve (`engine.digest`), `approved`
    that a quorum did; a request with a digest that is not approved acts because nobody vetoed it. `break_glass` says
    that one person broke the glass for it. `run_id` is the run of a playbook that asked for it, `goes_on` that
    more may follow in a run once it is in force. `taken_back` says why somebody stopped it after it had leave and
    before it was in force. `extends` is the request whose share of an effect it would prolong. `narrowed` is how long
    those who said yes let it last, where that is less than what was asked.
    """

    id: str
    incident_id: str
    state: RequestState
    action: str
    action_version: str
    connector: str
    target: str
    params: Json
    lease: timedelta | None = None
    requester: str
    person: bool
    reason: Text
    step: str = ""
    run_id: str | None = None
    goes_on: bool = False
    finding_id: str | None = None
    interim_for: str | None = None
    extends: str | None = None
    widens: str | None = None
    """The lease beside which its wider effect would stand."""
    supersedes: str | None = None
    re_asks: int = 0
    requested_at: AwareDatetime
    changed_at: AwareDatetime
    decision: Decision | None = None
    checks: tuple[CheckResult, ...] = ()
    digest: str | None = None
    approved: bool = False
    narrowed: timedelta | None = None
    break_glass: bool = False
    fingerprint: str | None = None
    deadline: AwareDatetime | None = None
    asked_at: AwareDatetime | None = None
    asked: tuple[str, ...] = ()
    escalated: int = 0
    authorised_at: AwareDatetime | None = None
    lease_id: str | None = None
    taken_back: Text = ""
    evidence_waiver: Waiver | None = None
    outcome: str = ""
    difference: tuple[str, ...] = Field(default=())
    denied: tuple[str, ...] = ()
    """Who denied the like of it in this incident before, when and why; a line each."""
