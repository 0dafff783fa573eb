"""How a request comes by its tier; `engine.decide` numbers the rules."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.exclusions import protected
from engine.gates import Claim, without_autonomy
from engine.model.action import ActionSpec, Reversal
from engine.model.decision import Reason, Tier
from engine.model.policy import Exemption, PolicyDocument, Raise, Row, Scope
from engine.model.scoped import Exclude, Protect
from engine.model.trip import TRIPPED
from engine.policy_file import Answers, Chapter

HARM = "harm"
"""The rule by which an action takes a higher tier after an effect of it did harm."""
EXTENSION = "extension"
"""The rule by which people are asked about what would last longer than was decided."""

DEFERRING = (Exemption, Scope, Exclude, Protect)
"""Without an answer an exception is not granted, a scope observes, an exclusion or protection covers."""


@dataclass(frozen=True)
class Ruling:
    """A tier and how it came about.

    `spoke` holds every tier that had a say, each as it stands once autonomy is judged; `obstacles` has a phrase for
    each thing that keeps the action from running by itself; `exemptions` are those in whose favour it was settled.
    """

    tier: Tier
    spoke: frozenset[Tier]
    rows: tuple[Row, ...]
    reasons: tuple[Reason, ...]
    obstacles: tuple[str, ...]
    exemptions: tuple[Exemption, ...]


def rule(document: PolicyDocument, chapter: Chapter, answers: Answers, claim: Claim, spec: ActionSpec) -> Ruling:
    """The tier of one request, by rules 2 to 5, 10 and 11."""
    ruling = _earned(document, chapter, answers, claim, spec)
    return _approve_only(ruling, claim) if claim.tripped and Tier.LOOK < ruling.tier < Tier.ASK else ruling


def _approve_only(ruling: Ruling, claim: Claim) -> Ruling:
    """People are asked about what would act by itself, by an exception or not."""
    reason = Reason(rule=TRIPPED, text=f"tripped until two people reset it: {claim.tripped}")
    return replace(
        ruling,
        tier=Tier.ASK,
        spoke=ruling.spoke | {Tier.ASK},
        reasons=(*ruling.reasons, reason),
        obstacles=(*ruling.obstacles, reason.text),
        exemptions=(),
    )


def _earned(document: PolicyDocument, chapter: Chapter, answers: Answers, claim: Claim, spec: ActionSpec) -> Ruling:
    rows = _winning(answers.of(Row))
    base = rows[0].tier if rows else Tier.ASK_TWO
    floors = _floors(answers, claim, spec, rows)
    granted = () if floors or claim.extends or base < Tier.ASK else _granted(document, answers, claim)
    longer = [Reason(rule=EXTENSION, text="it would last longer than was decided")] if claim.extends else []
    start = min(base, max((exemption.floor for exemption in granted), default=base))
    lifts = sorted((lift for lift in answers.of(Raise) if lift.to > start), key=lambda lift: lift.id)
    harm = _harmed(claim) if claim.harm_tier > start else []
    raised = (*(lift.to for lift in lifts), *(Tier.ASK for _ in longer), *(Tier.ASK_TWO for _ in floors))
    raised = (*raised, *(Tier(claim.harm_tier) for _ in harm))
    wanted = sorted({start, *raised})
    unearned = {tier: reason for tier in wanted if (reason := without_autonomy(document.autonomy, tier, claim))}
    spoke = frozenset(Tier.ASK if tier in unearned else tier for tier in wanted)
    missed = () if claim.person or granted or base < Tier.ASK else _missed(chapter, claim)
    in_the_way = [*missed, *_because(rows if start == base else (), lifts), *harm, *longer, *floors, *unearned.values()]
    return Ruling(
        tier=max(spoke),
        spoke=spoke,
        rows=rows,
        reasons=(
            *_trust(claim, wanted, unearned),
            *_said(rows, lifts),
            *harm,
            *longer,
            *floors,
            *unearned.values(),
            *missed,
        ),
        obstacles=tuple(dict.fromkeys(reason.text for reason in in_the_way)),
        exemptions=granted if max(spoke) < Tier.ASK else (),
    )


def _winning(rows: Sequence[Row]) -> tuple[Row, ...]:
    top = max((row.tier for row in rows), default=None)
    return tuple(sorted((row for row in rows if row.tier == top), key=lambda row: row.id))


def _floors(answers: Answers, claim: Claim, spec: ActionSpec, rows: Sequence[Row]) -> list[Reason]:
    """Whatever puts a request at tier 4, no matter what the matrix says."""
    found = [
        (not rows, "matrix", "no row of the matrix fits"),
        (claim.protected, "protected", "a protected target"),
        (spec.reversal is Reversal.IRREVERSIBLE, "irreversible", "it cannot be undone"),
        (claim.permanent, "permanent", "it would last until somebody releases it"),
    ]
    broken = sorted((clause.id, why) for clause, why in answers.broken if not isinstance(clause, DEFERRING))
    floors = [Reason(rule=name, text=text) for holds, name, text in found if holds] + protected(answers)
    return floors + [Reason(rule=name, text=f"`{name}` gave no answer: {why}") for name, why in broken]


def _harmed(claim: Claim) -> list[Reason]:
    """Why what an effect of this action did to others has it asked about for a while."""
    return [Reason(rule=HARM, text=f"at least tier {claim.harm_tier}: {claim.harm_because}")]


def _granted(document: PolicyDocument, answers: Answers, claim: Claim) -> tuple[Exemption, ...]:
    """The exceptions that hold; a grant of trust never stands in for measured precision here."""
    if claim.person or claim.hand_fed or claim.demoted or claim.bound < document.autonomy.exception:
        return ()
    holding = (exemption for exemption in answers.of(Exemption) if claim.confidence >= exemption.confidence)
    return tuple(sorted(holding, key=lambda exemption: exemption.id))


def _missed(chapter: Chapter, claim: Claim) -> tuple[Reason, ...]:
    """The exceptions that the request is not sure enough for."""
    near = sorted((e for e in chapter.of(Exemption) if claim.confidence < e.confidence), key=lambda e: e.id)
    return tuple(Reason(rule=e.id, text=f"{claim.confidence:.2f} < {e.confidence:.2f}") for e in near)


def _because(rows: Sequence[Row], lifts: Sequence[Raise]) -> list[Reason]:
    asking = [Reason(rule=row.id, text=row.because) for row in rows if row.tier >= Tier.ASK]
    return asking + [Reason(rule=lift.id, text=lift.because) for lift in lifts]


def _said(rows: Sequence[Row], lifts: Sequence[Raise]) -> list[Reason]:
    tiers = [Reason(rule=row.id, text=f"tier {row.tier}: {row.because}") for row in rows]
    return tiers + [Reason(rule=lift.id, text=f"at least tier {lift.to}: {lift.because}") for lift in lifts]


def _trust(claim: Claim, wanted: Sequence[Tier], unearned: dict[Tier, Reason]) -> list[Reason]:
    """What the request's confidence counts for, and the grants it needs to act by itself."""
    counted = [Reason(rule="confidence", text=claim.note)] if claim.note and not claim.person else []
    acting = not claim.person and any(tier in (Tier.ACT, Tier.TELL) and tier not in unearned for tier in wanted)
    return counted + [Reason(rule="grant", text=f"trusted by grant {grant}") for grant in claim.grants if acting]
