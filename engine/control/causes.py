"""Why something was put in force: by which detector, policy, playbook, indicator or incident."""

from collections.abc import Callable
from enum import StrEnum

from engine.control.observed import INDICATING
from engine.errors import InvalidInput
from engine.model.base import Model
from engine.model.request import Request
from engine.model.run import Run
from engine.store.tx import Tx

SHORTEST_DIGEST = 8
"""Digits that name a policy by its digest."""
FORMS = (
    "`detector:ID[@VERSION]`, `policy:NAME|DIGEST|RULE`, `playbook:ID[@VERSION]`, `indicator:VALUE` or `incident:ID`"
)


class CauseKind(StrEnum):
    """What may be named as the cause."""

    DETECTOR = "detector"
    POLICY = "policy"
    PLAYBOOK = "playbook"
    INDICATOR = "indicator"
    INCIDENT = "incident"


class Cause(Model):
    """One cause, as people name it: `detector:dns.tunnel@3`."""

    kind: CauseKind
    name: str

    def __str__(self) -> str:
        """As it is typed."""
        return f"{self.kind}:{self.name}"


def parse_cause(text: str) -> Cause:
    """The cause somebody typed; raise `InvalidInput` for anything else."""
    kind, _, name = text.strip().partition(":")
    if kind not in set(CauseKind) or not name.strip():
        raise InvalidInput(f"unknown cause `{text}`: use {FORMS}")
    return Cause(kind=CauseKind(kind), name=name.strip())


def caused_by(tx: Tx, cause: Cause, request: Request) -> bool:
    """Whether a request goes back to this cause."""
    return MATCHES[cause.kind](tx, cause.name, request)


def _by_detector(tx: Tx, name: str, request: Request) -> bool:
    finding = None if request.finding_id is None else tx.findings.get(request.finding_id)
    return finding is not None and name in (finding.detector, f"{finding.detector}@{finding.detector_version}")


def _by_policy(_: Tx, name: str, request: Request) -> bool:
    decision = request.decision
    if decision is None:
        return False
    digits = name.replace("-", "").lower()
    by_digest = len(digits) >= SHORTEST_DIGEST and decision.policy_digest.startswith(digits)
    return by_digest or name == decision.policy or name in decision.rules


def _by_playbook(tx: Tx, name: str, request: Request) -> bool:
    """Asked for by one of its runs, by one that it called, or only for the sake of such a request."""
    asked = _origin(tx, request)
    run = None if asked is None or asked.run_id is None else tx.runs.get(asked.run_id)
    while run is not None:
        if name in (run.playbook, run.signature):
            return True
        run = _caller(tx, run)
    return False


def _origin(tx: Tx, request: Request) -> Request | None:
    """What an interim bridges the wait for, and what an extension prolongs; the request itself for any other."""
    found: Request | None = request
    while found is not None and (named := found.interim_for or found.extends) is not None:
        found = tx.requests.get(named)
    return found


def _caller(tx: Tx, run: Run) -> Run | None:
    return None if run.caller is None else tx.runs.get(run.caller)


def _by_indicator(tx: Tx, name: str, request: Request) -> bool:
    value = name.lower()
    finding = None if request.finding_id is None else tx.findings.get(request.finding_id)
    seen = () if finding is None else finding.observables
    return request.target == value or any(one.type in INDICATING and one.value.lower() == value for one in seen)


def _by_incident(_: Tx, name: str, request: Request) -> bool:
    return request.incident_id == name


Matches = Callable[[Tx, str, Request], bool]
MATCHES: dict[CauseKind, Matches] = {
    CauseKind.DETECTOR: _by_detector,
    CauseKind.POLICY: _by_policy,
    CauseKind.PLAYBOOK: _by_playbook,
    CauseKind.INDICATOR: _by_indicator,
    CauseKind.INCIDENT: _by_incident,
}
"""How each kind of cause is told from a request."""
