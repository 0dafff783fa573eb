"""What policy says to one requested action, with every reason."""

from datetime import timedelta
from enum import IntEnum, StrEnum

from pydantic import Field, SkipValidation

from engine.model.base import Json, Model


class Tier(IntEnum):
    """0 look; 1 act; 2 act and tell, vetoable; 3 one approver; 4 two approvers of whom one from a named group."""

    LOOK = 0
    ACT = 1
    TELL = 2
    ASK = 3
    ASK_TWO = 4


class Effect(StrEnum):
    """What happens next with the request."""

    EXECUTE = "execute"
    ASK = "ask"
    QUEUE = "queue"
    OBSERVE = "observe"
    DENY = "deny"


class OnExpiry(StrEnum):
    """What silence means: nothing is done, the interim is held, or (veto window of an exception) it is done."""

    DENY = "deny"
    HOLD = "hold"
    ACT = "act"


class Reason(Model):
    """One line of the justification; `rule` is the rule, row or gate that said it."""

    rule: str
    text: str


class Interim(Model):
    """A low-regret action meanwhile. `params` are literals, or `= expression` over the request's facts."""

    action: str
    target: str
    params: Json = Field(default_factory=dict)


class Obligations(Model):
    """What a tier brings with it. Durations are exact; `groups` names who must be among the approvers."""

    lease: timedelta
    ceiling: timedelta
    quorum: int = 0
    groups: tuple[str, ...] = ()
    decide_in: timedelta | None = None
    on_expiry: OnExpiry = OnExpiry.DENY
    interim: tuple[Interim, ...] = ()
    interim_lease: timedelta = timedelta(minutes=30)
    hold_step: timedelta = timedelta(minutes=30)
    hold_ceiling: timedelta = timedelta(hours=8)
    tell: tuple[str, ...] = ()


class Decision(Model):
    """Policy's answer; `facts` are its full inputs, so that it can be decided again under another policy."""

    tier: Tier
    effect: Effect
    reasons: tuple[Reason, ...]
    rules: tuple[str, ...]
    obligations: Obligations
    policy: str
    policy_digest: str
    facts: SkipValidation[Json]  # a hundred values that were checked when they came in
    why_asked: str = ""
    broken: tuple[str, ...] = ()
    """The clauses that gave no answer."""
