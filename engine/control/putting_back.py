"""Whether an effect that somebody else lifted may be put back: an execution like any other, judged as of now.

Rules: 1. Policy and every check answer as right before executing; its own share of the budget is not held against it.
2. What people approved is put back at no higher a tier. What they did not is put back where policy would do it by
itself, or asks about it only because a budget tripped or autonomy was lost since. 3. Where nothing but a freeze stands
against it, it waits for that. 4. What broke the glass is put back past what it overrides.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from engine.control.desk import Desk
from engine.control.judge import BUDGET, Judgement, judge, standing_against
from engine.model.decision import Decision, Effect, OnExpiry, Tier
from engine.model.policy import PolicyDocument, Raise
from engine.model.request import Request, RequestState
from engine.ruling import EXTENSION, HARM
from engine.store.tx import Tx

FREEZE = "freeze"
"""The check that says what is frozen."""


class PutBack(StrEnum):
    """Whether something may be put in force again for a request."""

    NOW = "now"
    WHEN_THAWED = "when-thawed"
    NEVER = "never"


def may_be_put_back(tx: Tx, desk: Desk, request: Request, now: datetime) -> PutBack:
    """Whether the effect may be put in force again for this request."""
    incident = tx.incidents.get(request.incident_id)
    if incident is None or desk.specs.get(request.action) is None:
        return PutBack.NEVER
    # INVARIANT: the checks see an execution, not a plan: what people have to approve is not theirs to approve later.
    about_to = request.model_copy(update={"state": RequestState.AUTHORISED})
    seen = _without_budget(judge(tx, desk, about_to, incident, now, approved=request.approved))
    frozen = FREEZE in {result.check for result in seen.stopped_by}
    if len(_against(desk, about_to, seen)) > frozen:
        return PutBack.NEVER
    return PutBack.WHEN_THAWED if frozen else PutBack.NOW


def _against(desk: Desk, request: Request, seen: Judgement) -> Sequence[str]:
    """All that stands against it; what broke the glass goes past what it overrides (rule 4)."""
    if request.break_glass:
        return standing_against(desk, request, seen)
    entitled = _is_entitled(desk.policy.document, request, seen.decision)
    return [*(result.check for result in seen.stopped_by), *([] if entitled else ["policy"])]


def _without_budget(seen: Judgement) -> Judgement:
    return replace(seen, checks=tuple(result for result in seen.checks if result.check != BUDGET))


def _is_entitled(document: PolicyDocument, request: Request, decision: Decision) -> bool:
    if decision.effect is Effect.EXECUTE:
        return True
    if decision.effect is not Effect.ASK:
        return False
    if request.approved:
        return request.decision is not None and decision.tier <= request.decision.tier
    excepted = request.digest is not None and decision.obligations.on_expiry is OnExpiry.ACT
    return excepted or _acts_by_itself_no_more(document, decision)


def _acts_by_itself_no_more(document: PolicyDocument, decision: Decision) -> bool:
    """Whether people are asked though no rule wants them to be: a budget tripped, or autonomy was lost."""
    rows = {row.id for row in document.matrix if row.tier >= Tier.ASK}
    lifts = {rule.id for rule in document.rules if isinstance(rule, Raise)}
    return decision.tier is Tier.ASK and not {*decision.rules} & (rows | lifts | {HARM, EXTENSION})
