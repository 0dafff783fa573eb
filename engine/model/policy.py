"""What a policy file says: tiers, matrix, rules, gates, budgets, and the trust given to detectors.

Conditions and `= expressions` are text here; `engine.policy_file` compiles them.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.model.authored import Count, Line, Name, Share, Span, TierNumber
from engine.model.base import Model
from engine.model.break_glass import BreakGlassTerms
from engine.model.budget import Budgets
from engine.model.calendar import Calendar
from engine.model.decision import Interim, OnExpiry, Tier
from engine.model.governance import GovernanceTerms
from engine.model.harm import HarmTerms
from engine.model.lease_terms import LeaseTerms
from engine.model.look_back import LookBackTerms
from engine.model.scoped import AuthorisedActivity, Exclude, Protect
from engine.model.trust import Autonomy, ConfidenceGate, Grant, Learning, VerdictCount


class TierTerms(Model):
    """What a tier brings with it, where the matrix says nothing else."""

    lease: Span
    ceiling: Span
    quorum: Count = 0
    groups: tuple[Line, ...] = ()
    decide_in: Span | None = None
    on_expiry: OnExpiry = OnExpiry.DENY
    interim_lease: Span = timedelta(minutes=30)
    hold_step: Span = timedelta(minutes=30)
    hold_ceiling: Span = timedelta(hours=8)
    tell: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _lease_under_ceiling(self) -> "TierTerms":
        if self.lease > self.ceiling:
            raise ValueError("`lease` is longer than its `ceiling`")
        return self


class Tiers(Model):
    """The five tiers' defaults, by their names."""

    look: TierTerms
    act: TierTerms
    tell: TierTerms
    ask: TierTerms
    ask_two: TierTerms

    def of(self, tier: Tier) -> TierTerms:
        """The defaults of one tier."""
        return (self.look, self.act, self.tell, self.ask, self.ask_two)[tier]

    @model_validator(mode="after")
    def _people_are_asked(self) -> "Tiers":
        if self.ask.quorum < 1 or self.ask_two.quorum < 2:
            raise ValueError("tier `ask` needs a quorum of at least 1, `ask_two` of at least 2")
        if not self.ask_two.groups:
            raise ValueError("tier `ask_two` needs a named group")
        if self.ask.decide_in is None or self.ask_two.decide_in is None:
            raise ValueError("tiers `ask` and `ask_two` need a `decide_in`")
        if OnExpiry.ACT in (self.ask.on_expiry, self.ask_two.on_expiry):
            raise ValueError("silence is never consent: `on_expiry` may be deny or hold")
        return self


class Row(Model):
    """One line of the matrix: the tier of some actions where `when` holds, and its terms where they differ.

    `groups`, and an interim's target and parameters, are literals or `= expression`.
    """

    id: Name
    actions: Annotated[tuple[Name, ...], Field(min_length=1)]
    when: Line = "true"
    tier: TierNumber
    because: Line
    lease: Span | None = None
    ceiling: Span | None = None
    quorum: Count | None = None
    groups: tuple[Line, ...] = ()
    decide_in: Span | None = None
    on_expiry: Literal[OnExpiry.DENY, OnExpiry.HOLD] | None = None
    interim: tuple[Interim, ...] = ()
    interim_lease: Span | None = None
    hold_step: Span | None = None
    hold_ceiling: Span | None = None
    tell: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _lease_under_ceiling(self) -> "Row":
        if self.lease is not None and self.ceiling is not None and self.lease > self.ceiling:
            raise ValueError("`lease` is longer than its `ceiling`")
        return self


class _Rule(Model):
    id: Name
    actions: tuple[Name, ...] = ()
    because: Line


class Forbid(_Rule):
    """Beats everything. `actions` empty means every action, here and in the other rules."""

    kind: Literal["forbid"]
    when: Line


class Raise(_Rule):
    """Lifts the tier to at least `to`."""

    kind: Literal["raise"]
    when: Line
    to: TierNumber


class Observe(_Rule):
    """Decides and records, never executes."""

    kind: Literal["observe"]
    when: Line


class Exemption(_Rule):
    """Lowers a tier of the matrix that asks to `floor`, where every condition holds and a veto window has passed.

    Never for an irreversible action, a protected target, a person's request or a finding fed by hand; never below
    `confidence`, nor against a `raise`.
    """

    kind: Literal["exception"]
    enabled: bool = False
    floor: Annotated[TierNumber, Field(ge=Tier.ACT, le=Tier.TELL)]
    confidence: Share
    conditions: Annotated[tuple[Line, ...], Field(min_length=1)]
    veto: Span
    lease: Span


Rule = Annotated[Forbid | Raise | Observe | Exemption, Field(discriminator="kind")]


class Scope(Model):
    """A part of the site where the policy is enforced, or only observes."""

    id: Name
    when: Line
    mode: Literal["observe", "enforce"]


class Enforcement(Model):
    """Any matching scope that observes wins, then one that enforces; `default` where none matches."""

    default: Literal["observe", "enforce"] = "observe"
    scopes: tuple[Scope, ...] = ()


class PolicyDocument(Model):
    """One policy file. `foreseen` names actions it speaks of before they are built; any other action must exist.

    An interim by a foreseen action waits until there is one. `final` names what no layer below may relax.
    """

    policy: Name
    version: Count
    description: str
    owner: Line
    foreseen: tuple[Name, ...] = ()
    final: tuple[Line, ...] = ()
    governance: GovernanceTerms = GovernanceTerms()
    break_glass: BreakGlassTerms = BreakGlassTerms()
    leases: LeaseTerms = LeaseTerms()
    look_back: LookBackTerms = LookBackTerms()
    harm: HarmTerms = HarmTerms()
    enforcement: Enforcement = Enforcement()
    tiers: Tiers
    confidence: ConfidenceGate
    matrix: tuple[Row, ...] = ()
    rules: tuple[Rule, ...] = ()
    budgets: Budgets
    autonomy: Autonomy
    learning: Learning
    calendars: tuple[Calendar, ...] = ()
    exclusions: tuple[Exclude, ...] = ()
    protected: tuple[Protect, ...] = ()
    authorised_activity: tuple[AuthorisedActivity, ...] = ()
    grants: tuple[Grant, ...] = ()
    history: tuple[VerdictCount, ...] = ()
