"""What a request has to offer before it may run by itself: confidence, and autonomy that its detector has earned.

Facts are read so that whatever is missing or of the wrong type opens least.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.model.base import Json
from engine.model.decision import Reason, Tier
from engine.model.trust import Autonomy, ConfidenceGate


@dataclass(frozen=True)
class Claim:
    """How far a request may be believed. `confidence` is what of the `claimed` counts."""

    person: bool
    interim: bool
    hand_fed: bool
    protected: bool
    claimed: float
    confidence: float
    right: int
    verdicts: int
    bound: float
    granted: int
    grants: tuple[str, ...]
    note: str = ""
    demoted: int = 0
    demoted_because: str = ""
    extends: bool = False
    permanent: bool = False
    wanted_s: float = 0.0
    tripped: str = ""
    harm_tier: int = 0
    harm_because: str = ""

    def lost(self, tier: Tier) -> bool:
        """Whether this tier was taken back."""
        return 0 < self.demoted <= tier


def read_claim(gate: ConfidenceGate, facts: Json) -> Claim:
    """The claim in these facts, its confidence cut to what policy lets count."""
    claimed, verdicts = _number(facts, "finding.confidence"), int(_number(facts, "autonomy.verdicts"))
    stale = gate.stale_context if facts.get("target.stale") is not False else 0.0
    measured = max(0.0, claimed - _number(facts, "autonomy.calibration_error", default=1.0) - stale)
    unproven = verdicts < gate.proven_after and facts.get("autonomy.score_trusted") is not True
    confidence = min(measured, gate.unproven_at_most) if unproven else measured
    old = ", and what is known of the target is old" if stale else ""
    note = f"{claimed:.2f} counts as {confidence:.2f}: {verdicts} verdicts so far{old}" if confidence < claimed else ""
    grants = facts.get("autonomy.grants")
    return Claim(
        person=facts.get("request.person") is True,
        interim=facts.get("request.interim") is True,
        hand_fed=facts.get("finding.hand_fed") is not False,
        protected=facts.get("target.protected") is not False,
        claimed=claimed,
        confidence=confidence,
        right=int(_number(facts, "autonomy.right")),
        verdicts=verdicts,
        bound=_number(facts, "autonomy.bound"),
        granted=int(_number(facts, "autonomy.granted_tier")),
        grants=tuple(str(grant) for grant in grants) if isinstance(grants, list) else (),
        note=note,
        demoted=int(_number(facts, "autonomy.demoted_tier", default=1.0)),
        demoted_because=str(facts.get("autonomy.demoted_because", "not known")),
        extends=facts.get("request.extends") is True,
        permanent=facts.get("request.permanent") is True,
        wanted_s=max(0.0, _number(facts, "request.wanted_s")),
        tripped=str(facts.get("budget.tripped", "")),
        harm_tier=min(max(0, int(_number(facts, "harm.tier"))), int(Tier.ASK_TWO)),
        harm_because=str(facts.get("harm.because", "")),
    )


def _number(facts: Json, name: str, default: float = 0.0) -> float:
    value = facts.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return default
    return float(value) if -1e15 < value < 1e15 else default


def without_autonomy(bars: Autonomy, tier: Tier, claim: Claim) -> Reason | None:
    """Why this tier may not act by itself on this claim; None where it may, or acts on nothing."""
    if tier not in (Tier.ACT, Tier.TELL) or claim.person:
        return None
    if claim.hand_fed:
        return Reason(rule="autonomy", text="a finding fed by hand carries no autonomy")
    if claim.lost(tier):
        return Reason(rule="autonomy", text=f"autonomy taken back: {claim.demoted_because}")
    bar = bars.act if tier is Tier.ACT else bars.tell
    if claim.bound >= bar or claim.granted >= tier:
        return None
    measured = f"{claim.right} of {claim.verdicts} right gives {claim.bound:.2f}"
    return Reason(rule="autonomy", text=f"autonomy not earned: {measured} < {bar:.2f}")


def needed_confidence(gate: ConfidenceGate, tiers: Iterable[Tier], claim: Claim) -> float:
    """The least confidence under which none of these tiers sends the request to review."""
    table = {Tier.LOOK: 0.0, Tier.ACT: gate.act, Tier.TELL: gate.tell, Tier.ASK: gate.ask, Tier.ASK_TWO: gate.ask_two}
    if claim.person:
        return 0.0
    needed = max(table[tier] for tier in tiers)
    return min(needed, gate.interim) if claim.interim else needed
