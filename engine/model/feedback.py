"""What analysts' verdicts say about responses, and about the detectors behind them."""

from enum import StrEnum

from engine.model.base import AwareDatetime, Model, Text
from engine.model.context import Criticality
from engine.model.decision import Tier
from engine.model.finding import Confidence


class ActionVerdictKind(StrEnum):
    """What an action turned out to be: right, needless, worse than the attack, or right and of no use any more."""

    CORRECT = "correct"
    UNNECESSARY = "unnecessary"
    HARMFUL = "harmful"
    TOO_LATE = "too_late"


class ActionVerdict(Model):
    """One person's judgement of one action that was carried out."""

    kind: ActionVerdictKind
    principal: str
    reason: Text
    at: AwareDatetime


class Case(Model):
    """One judged piece of work of a detector version: what its measured precision is counted from.

    `subject` is what was judged; a case about a response names its action and the class of its target, one about the
    detector's own claim neither. `harmful` says that the response did harm.
    """

    subject: str
    incident_id: str
    detector: str
    version: str
    right: bool
    confidence: Confidence | None = None
    action: str = ""
    criticality: Criticality | None = None
    harmful: bool = False
    at: AwareDatetime


class Demoted(Model):
    """Autonomy taken back from `tier` upwards, until that time has passed **and** another policy is in force.

    A policy is changed by a vote; `policy_digest` is the one under which trust was lost.
    """

    tier: Tier
    because: Text
    since: AwareDatetime
    until: AwareDatetime
    policy_digest: str


class Trust(Model):
    """How far a detector version has come: the highest tier whose bar it has reached, and what was taken back."""

    detector: str
    version: str
    earned: Tier = Tier.LOOK
    demoted: Demoted | None = None
