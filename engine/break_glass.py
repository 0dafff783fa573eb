"""Who may break the glass, and what stands against it all the same; pure.

Rules: 1. A permission of its own: a group that the policy names, never a role, never a bot. 2. So many uses a person in
thirty days, one that was found needless counting for all of them. 3. It sleeps while a use waits for its review longer
than it may. 4. It overrides what the policy lists, which can be no more than `Overridable` has: no `forbid`, no freeze,
no budget, nothing that cannot be undone, and no check but those three. 5. The checks in `NEVER` must have been asked.
6. What policy does without asking anybody takes no break-glass.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine import duration
from engine.model.action import ActionSpec, Reversal
from engine.model.break_glass import MONTH, BreakGlassTerms, BreakGlassUse, Overridable
from engine.model.check import CheckResult
from engine.model.decision import Decision, Effect, Tier
from engine.model.policy import Forbid, Observe, PolicyDocument
from engine.model.principal import Principal
from engine.model.review import Review, ReviewState

NEVER = ("freeze", "untouchable", "last-administrator", "redundancy-group")
"""Checks without whose answer nothing is done by break-glass, and whose refusal nothing overrides."""
BY_CHECK = {one.value: one for one in (Overridable.EXCLUSION, Overridable.PROTECTED, Overridable.LEGITIMATE_FLOWS)}
NEEDLESS = "could_have_waited"
"""The answer to the review's first question that makes a use count for all of the month's."""


@dataclass(frozen=True)
class Past:
    """A use, and where its review stands."""

    use: BreakGlassUse
    review: Review

    @property
    def needless(self) -> bool:
        """Whether the reviewer found that it could have waited for the approvals."""
        return self.review.answers.get("waited") == NEEDLESS

    def unreviewed(self, now: datetime) -> bool:
        """Whether its review is still to come although its time is over."""
        return self.review.state is not ReviewState.ANSWERED and now >= self.review.deadline


def refusal(terms: BreakGlassTerms, person: Principal, past: Sequence[Past], now: datetime) -> str | None:
    """Why this person may not break the glass now (rules 1 to 3), or None where they may."""
    if person.bot:
        return f"`{person.id}` is a bot, and break-glass takes a person"
    if set(terms.groups).isdisjoint(person.groups):
        return f"`{person.id}` has no permission to break the glass: it takes {_who(terms)}"
    return _asleep(person, past, now) or _used_up(terms, person, past, now)


def _who(terms: BreakGlassTerms) -> str:
    return f"group {' or '.join(terms.groups)}" if terms.groups else "a group, and the policy names none"


def _asleep(person: Principal, past: Sequence[Past], now: datetime) -> str | None:
    late = next((one for one in past if one.unreviewed(now)), None)
    if late is None:
        return None
    waits = f"{late.review.id} about {late.use.request_id} is not answered since {_stamp(late.review.deadline)}"
    return f"the permission of `{person.id}` sleeps until somebody else has reviewed its last use: {waits}"


def _used_up(terms: BreakGlassTerms, person: Principal, past: Sequence[Past], now: datetime) -> str | None:
    counted = [one for one in past if one.use.at > now - MONTH]
    needless = [one for one in counted if one.needless]
    if needless:
        last = needless[-1]
        until = _stamp(last.use.at + MONTH)
        return f"the permission of `{person.id}` sleeps until {until}: {last.use.request_id} could have waited"
    if len(counted) < terms.a_month:
        return None
    again = f", again from {_stamp(counted[-terms.a_month].use.at + MONTH)}" if terms.a_month else ""
    often = f"{len(counted)} of {terms.a_month} times in {duration.render(MONTH)}"
    return f"`{person.id}` has broken the glass {often}{again}"


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def needed(document: PolicyDocument, decision: Decision, checks: Sequence[CheckResult]) -> tuple[Overridable, ...]:
    """What would have to be overridden to do this now."""
    stopping = {result.check for result in checks if result.outcome.stops}
    spoke, facts = set(decision.rules), decision.facts
    protects = {one.id for one in document.protected} & spoke
    found = {
        Overridable.ASK: decision.tier is Tier.ASK or (decision.effect is Effect.ASK and decision.tier < Tier.ASK),
        Overridable.ASK_TWO: decision.tier is Tier.ASK_TWO,
        Overridable.OBSERVED: decision.effect is Effect.OBSERVE or bool(_observing(document) & spoke),
        Overridable.EXCLUSION: bool({one.id for one in document.exclusions} & spoke),
        Overridable.PROTECTED: facts.get("target.protected") is not False or bool(protects),
    }
    return tuple(one for one in Overridable if found.get(one) or (one in BY_CHECK and one.value in stopping))


def _observing(document: PolicyDocument) -> set[str]:
    """What is among the rules that spoke only where the request is merely observed."""
    rules = {rule.id for rule in document.rules if isinstance(rule, Observe)}
    return {"enforcement", *rules, *(scope.id for scope in document.enforcement.scopes)}


def obstacles(
    document: PolicyDocument, decision: Decision, checks: Sequence[CheckResult], spec: ActionSpec
) -> tuple[str, ...]:
    """Everything that stands against it and is not overridden (rules 4 and 5), a line each."""
    return (*_of_policy(document, decision, spec), *_of_checks(checks), *_not_listed(document, decision, checks))


def _of_policy(document: PolicyDocument, decision: Decision, spec: ActionSpec) -> Iterator[str]:
    spoke = set(decision.rules)
    forbidding = [rule for rule in document.rules if isinstance(rule, Forbid) and rule.id in spoke]
    yield from (f"`{rule.id}` forbids it: {rule.because}" for rule in forbidding)
    excluding = {one.id for one in document.exclusions} & spoke
    if decision.effect is Effect.QUEUE or (decision.effect is Effect.DENY and not forbidding and not excluding):
        yield f"policy says {decision.effect}"
    if spec.reversal is Reversal.IRREVERSIBLE:
        yield "it cannot be undone"


def _of_checks(checks: Sequence[CheckResult]) -> Iterator[str]:
    stopping = (result for result in checks if result.outcome.stops and result.check not in BY_CHECK)
    yield from (f"{result.check}: {result.summary}" for result in stopping)
    asked = {result.check for result in checks}
    yield from (f"{name}: nobody asked it" for name in NEVER if name not in asked)


def _not_listed(document: PolicyDocument, decision: Decision, checks: Sequence[CheckResult]) -> Iterator[str]:
    summaries = {result.check: result.summary for result in checks if result.outcome.stops}
    listed = document.break_glass.overrides
    for one in needed(document, decision, checks):
        if one not in listed:
            why = f": {summaries[one]}" if one in summaries else ""
            yield f"the policy does not let break-glass override `{one}`{why}"
