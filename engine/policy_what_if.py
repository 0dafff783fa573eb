"""Recorded decisions made again under another policy, from the facts that were recorded with them.

Rules: 1. Nothing is asked for, done or written; what comes out is never a `Request`. 2. A decision is made from exactly
the facts it was made from, but for grants and authorised activity: those are the other policy's, as they stood at that
instant. 3. What a replay cannot know stays as recorded: what else would have been in force, counted verdicts, what
people answered.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.authorised import activity_facts
from engine.autonomy import autonomy_facts
from engine.decide import decide
from engine.model.base import Json
from engine.model.context import Criticality
from engine.model.decision import Decision, Effect
from engine.model.finding import Finding
from engine.model.request import Request
from engine.policy_file import Policy
from engine.ports import Specs

GRANTED = ("autonomy.granted_tier", "autonomy.score_trusted", "autonomy.grants")
"""The facts that come from a policy's grants and from nothing else."""


@dataclass(frozen=True)
class Flip:
    """One recorded decision that would have been another."""

    request: str
    incident: str
    action: str
    target: str
    before: Decision
    after: Decision

    @property
    def kind(self) -> str:
        """What became of it: another effect, or the same at another tier."""
        if self.before.effect is not self.after.effect:
            return f"{self.before.effect} -> {self.after.effect}"
        return f"{self.before.effect}, tier {self.before.tier} -> {self.after.tier}"

    @property
    def why(self) -> str:
        """What the other policy says to it last."""
        said = self.after.reasons[-1:]
        return self.after.why_asked or "".join(f"{reason.rule}: {reason.text}" for reason in said)


@dataclass(frozen=True)
class WhatIf:
    """What would have been decided; `undecided` requests had no decision to be made again."""

    decisions: int
    undecided: int
    flips: tuple[Flip, ...]
    days: float
    approvals_before: int
    approvals_after: int

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many flips of each kind, the most frequent first."""
        return dict(Counter(flip.kind for flip in self.flips).most_common())

    @property
    def incidents(self) -> tuple[str, ...]:
        """The incidents in which something would have been decided otherwise."""
        return tuple(dict.fromkeys(flip.incident for flip in self.flips))

    @property
    def extra_approvals_a_day(self) -> float:
        """How many more votes people would have had to cast on an average day; negative for fewer."""
        return (self.approvals_after - self.approvals_before) / self.days


def redecide(
    made: Iterable[tuple[Request, Finding | None]], policy: Policy, specs: Specs, since: datetime | None, now: datetime
) -> WhatIf:
    """Decide each again; the days are counted from `since`, or from the first request, and are at least one."""
    pairs = list(made)
    decided = [(request, finding, request.decision) for request, finding in pairs if request.decision is not None]
    again = [(request, old, _again(policy, specs, request, finding, old)) for request, finding, old in decided]
    first = since or min((request.requested_at for request, _ in pairs), default=now)
    return WhatIf(
        decisions=len(decided),
        undecided=len(pairs) - len(decided),
        flips=tuple(_flip(request, old, new) for request, old, new in again if _differ(old, new)),
        days=max(1.0, (now - first) / timedelta(days=1)),
        approvals_before=sum(_votes(old) for _, old, _ in again),
        approvals_after=sum(_votes(new) for _, _, new in again),
    )


def _again(policy: Policy, specs: Specs, request: Request, finding: Finding | None, old: Decision) -> Decision:
    granted, calendars = _granted(policy, request, finding, old), policy.calendars.facts(old.facts)
    said = {**granted, **activity_facts(policy.document, old.facts), **calendars}
    return decide(policy, {**old.facts, **said}, specs.get(request.action))


def _granted(policy: Policy, request: Request, finding: Finding | None, old: Decision) -> Json:
    """The facts about grants, had this policy's been in force at the time (rule 2)."""
    criticality = Criticality(str(old.facts["target.criticality"]))
    at = datetime.fromisoformat(str(old.facts["time.now"]))
    facts = autonomy_facts(finding, request.action, criticality, (), policy.document.grants, at)
    return {name: facts[name] for name in GRANTED}


def _differ(old: Decision, new: Decision) -> bool:
    return (old.effect, old.tier) != (new.effect, new.tier)


def _flip(request: Request, old: Decision, new: Decision) -> Flip:
    return Flip(request.id, request.incident_id, request.action, request.target, old, new)


def _votes(decision: Decision) -> int:
    return decision.obligations.quorum if decision.effect is Effect.ASK else 0
