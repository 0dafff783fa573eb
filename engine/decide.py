"""Facts and a policy give a decision; pure and total: it answers for any facts, and never raises on them.

Rules: 1. `forbid` and an exclusion beat everything. 2. The matrix gives the tier, the highest of the rows that hold;
none holding is tier 4. 3. `raise` lifts it; so do a protected target, an irreversible action and any clause that gives
no answer, and what would last for good, all to tier 4; what would last beyond its ceiling is asked. 4. An exception
lowers only a tier of the matrix that asks, to its floor, where all its conditions hold and nobody objects in time;
never what 3 puts at tier 4, a person's request or a finding fed by hand. 5. What would act by itself needs earned or
granted autonomy, or people are asked. 6. Confidence below that of any tier that spoke means review, whatever else
holds. 7. An interim that would have to ask is denied. 8. Where the site is only observed, nothing is done. 9. The order
of rows and rules in the file means nothing: reasons stand by stage, then by name, the one that settled it last.
10. Under a tripped budget nothing but what changes nothing acts by itself. 11. For a while after an effect did harm its
action takes at least the tier that the policy then wants, as if a rule had raised it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from math import ceil, floor, inf

from pydantic import JsonValue

from engine.authorised import told
from engine.exclusions import excluded, restricted
from engine.gates import Claim, needed_confidence, read_claim
from engine.model.action import ActionSpec, Impact
from engine.model.base import Json
from engine.model.budget import Budget, BudgetLimits, Charged, Counted, Points, SegmentBudget
from engine.model.check import CheckResult
from engine.model.decision import Decision, Effect, Obligations, Reason, Tier
from engine.model.policy import Forbid, Observe, PolicyDocument, Scope
from engine.model.trip import SITE, detector_scope, segment_scope
from engine.obligations import oblige, prolonged, veto
from engine.policy_file import Answers, Policy
from engine.ruling import Ruling, rule


def decide(policy: Policy, facts: Json, spec: ActionSpec | None) -> Decision:
    """What the policy says to one requested action; `spec` is None for an action that nobody registered."""
    if spec is None:
        return _unknown(policy, facts)
    claim = read_claim(policy.document.confidence, facts)
    prepared = policy.language.prepare({**facts, "finding.confidence": claim.confidence})
    chapter = policy.chapter(spec.id)
    answers = restricted(chapter.ask(prepared), facts, spec)
    ruling = rule(policy.document, chapter, answers, claim, spec)
    obligations, left_out = oblige(policy, ruling, prepared)
    if ruling.exemptions:
        obligations = veto(obligations, ruling.exemptions)
    if claim.extends:
        obligations = prolonged(obligations, timedelta(seconds=claim.wanted_s))
    effect, settled = _effect(policy.document, answers, claim, ruling)
    authorised = told(policy.document, facts)
    reasons = (*left_out, *authorised, *ruling.reasons, *settled)
    return Decision(
        tier=ruling.tier,
        effect=effect,
        reasons=reasons,
        rules=tuple(sorted({reason.rule for reason in reasons})),
        obligations=obligations,
        policy=policy.name,
        policy_digest=policy.digest,
        facts=facts,
        why_asked=_why_asked(ruling, authorised) if effect is Effect.ASK else "",
        broken=tuple(sorted(clause.id for clause, _ in answers.broken)),
    )


def _unknown(policy: Policy, facts: Json) -> Decision:
    terms = policy.document.tiers.ask_two
    return Decision(
        tier=Tier.ASK_TWO,
        effect=Effect.DENY,
        reasons=(Reason(rule="unknown-action", text="there is no such action"),),
        rules=("unknown-action",),
        obligations=Obligations(lease=terms.lease, ceiling=terms.ceiling),
        policy=policy.name,
        policy_digest=policy.digest,
        facts=facts,
    )


def _effect(
    document: PolicyDocument, answers: Answers, claim: Claim, ruling: Ruling
) -> tuple[Effect, tuple[Reason, ...]]:
    """What happens, and what settled it: each stage overrules those before it (rules 8, 6, 7, 1)."""
    asked = ruling.tier >= Tier.ASK or bool(ruling.exemptions)
    stages = (
        (Effect.ASK if asked else Effect.EXECUTE, _granted(ruling)),
        (Effect.OBSERVE, _observed(document, answers)),
        (Effect.QUEUE, _unsure(document, claim, ruling)),
        (Effect.DENY, _asking_interim(claim, ruling)),
        (Effect.DENY, [*_forbidden(answers), *excluded(answers)]),
    )
    effect = [effect for number, (effect, reasons) in enumerate(stages) if reasons or number == 0][-1]
    return effect, tuple(reason for _, reasons in stages for reason in reasons)


def _granted(ruling: Ruling) -> list[Reason]:
    return [Reason(rule=e.id, text=f"exception down to tier {e.floor}: {e.because}") for e in ruling.exemptions]


def _observed(document: PolicyDocument, answers: Answers) -> list[Reason]:
    scopes = sorted(answers.of(Scope), key=lambda scope: scope.id)
    unanswered = sorted(clause.id for clause, _ in answers.broken if isinstance(clause, Scope))
    watched = [scope.id for scope in scopes if scope.mode == "observe"] + unanswered
    if not scopes and not watched and document.enforcement.default == "observe":
        watched = ["enforcement"]
    rules = sorted(answers.of(Observe), key=lambda rule: rule.id)
    return [
        *(Reason(rule=name, text="only observed here: decided and recorded, not done") for name in watched),
        *(Reason(rule=rule.id, text=f"only observed: {rule.because}") for rule in rules),
    ]


def _unsure(document: PolicyDocument, claim: Claim, ruling: Ruling) -> list[Reason]:
    needed = needed_confidence(document.confidence, ruling.spoke, claim)
    if claim.confidence >= needed:
        return []
    text = f"not sure enough, so it waits for review: {claim.confidence:.2f} < {needed:.2f}"
    return [Reason(rule="confidence", text=text)]


def _asking_interim(claim: Claim, ruling: Ruling) -> list[Reason]:
    if not claim.interim or ruling.tier <= Tier.TELL:
        return []
    return [Reason(rule="interim", text=f"an interim must act by itself, and this is tier {ruling.tier}")]


def _forbidden(answers: Answers) -> list[Reason]:
    rules = sorted(answers.of(Forbid), key=lambda rule: rule.id)
    return [Reason(rule=rule.id, text=f"forbidden: {rule.because}") for rule in rules]


def _why_asked(ruling: Ruling, authorised: Iterable[Reason]) -> str:
    note = "".join(f"; {reason.text}" for reason in authorised)
    if ruling.exemptions:
        return f"automatic unless somebody objects: {' and '.join(e.because for e in ruling.exemptions)}{note}"
    return f"not automatic: {' and '.join(ruling.obstacles)}{note}"


@dataclass(frozen=True)
class BudgetRow:
    """What one request is charged to: `key` is the budget's id, or the action's where no budget speaks of it."""

    key: str
    limits: BudgetLimits
    detector: str = ""
    segment: str = ""

    @property
    def charged(self) -> Charged:
        """What a reservation counts against."""
        return Charged(self.key, self.detector, self.segment)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Everything whose tripping concerns the request."""
        return tuple(filter(None, (self.key, self.detector, self.segment, SITE)))

    def named(self, kinds: JsonValue) -> tuple[str, ...]:
        """The scopes of these kinds: `key`, `detector`, `segment`, `site`."""
        by_kind = {"key": self.key, "detector": self.detector, "segment": self.segment, "site": SITE}
        return tuple(name for kind, name in by_kind.items() if isinstance(kinds, list) and kind in kinds)


def budget_for(policy: Policy, facts: Json) -> BudgetRow:
    """The tightest budget that fits the request; one that gives no answer counts as fitting."""
    action, budgets = str(facts.get("action.id", "")), policy.document.budgets
    site = budgets.site
    answers = policy.budget(action).ask(policy.language.prepare(facts))
    unanswered = [clause for clause, _ in answers.broken if isinstance(clause, Budget)]
    fitting = min([*answers.of(Budget), *unanswered], key=_tightness, default=None)
    limits = BudgetLimits(
        points=_points(budgets.points, facts),
        site_points=site.points_hour,
        automatic_points=site.points_hour - ceil(_exact(site.kept_for_people) * site.points_hour),
        warn_at=site.warn_at,
    )
    detector, segment = _detector(facts), _segment(facts)
    if detector:
        limits = replace(limits, detector_points=floor(_exact(site.detector_share) * site.points_hour))
    if segment:
        each = budgets.segment
        limits = replace(limits, segment_hour=each.hour, segment_day=each.day, segment_points=each.points_hour)
        limits = replace(limits, segment_in_force=_share(each, facts.get("budget.segment_size")))
    if fitting is not None:
        limits = replace(limits, hour=fitting.hour, day=fitting.day, in_force=_in_force(fitting, facts))
        limits = replace(limits, weight=_weight(fitting, facts))
    key = action if fitting is None else fitting.id
    return BudgetRow(key=key, limits=limits, detector=detector, segment=segment)


def _detector(facts: Json) -> str:
    """The detector version that asks; none where a person does."""
    if facts.get("request.person") is True or facts.get("finding.present") is not True:
        return ""
    return detector_scope(str(facts.get("finding.detector")), str(facts.get("finding.detector_version")))


def _segment(facts: Json) -> str:
    kind = facts.get("target.segment")
    return segment_scope(str(kind)) if kind else ""


def _exact(share: float) -> Fraction:
    """The share as it is written: as a float, 0.29 of 100 is a little less than 29."""
    return Fraction(str(share))


def _tightness(budget: Budget) -> tuple[float, float, str]:
    hour, day = (inf if limit is None else limit for limit in (budget.hour, budget.day))
    return hour, day, budget.id


def _in_force(budget: Budget, facts: Json) -> int | None:
    return budget.in_force if budget.share is None else _share(budget, facts.get("budget.class_size"))


def _weight(budget: Budget, facts: Json) -> int:
    count = facts.get("target.count")
    return count if budget.counts is Counted.THINGS and isinstance(count, int) else 1


def _share(of: Budget | SegmentBudget, size: JsonValue) -> int | None:
    """The share of so many, within its bounds; where it is not known of how many, only the least."""
    if of.share is None:
        return None
    known = size if isinstance(size, int) and size >= 0 else 0
    share = max(of.at_least, floor(_exact(of.share) * known))
    return share if of.at_most is None else min(share, of.at_most)


def _points(points: Points, facts: Json) -> int:
    """What one effect costs the site; what changes nothing costs nothing."""
    if facts.get("action.impact") == int(Impact.NONE):
        return 0
    costs = {"low": points.low, "standard": points.standard, "high": points.high}
    return costs.get(str(facts.get("target.criticality")), points.critical)


def explain(decision: Decision, checks: Iterable[CheckResult]) -> Json:
    """A decision and its checks as `fireline policy explain` prints them."""
    return {
        "tier": int(decision.tier),
        "effect": decision.effect.value,
        "reasons": [reason.model_dump(mode="json") for reason in decision.reasons],
        "rules": [*decision.rules],
        "why_asked": decision.why_asked,
        "obligations": decision.obligations.model_dump(mode="json"),
        "checks": [check.model_dump(mode="json") for check in checks],
        "policy": decision.policy,
        "policy_digest": decision.policy_digest,
    }
