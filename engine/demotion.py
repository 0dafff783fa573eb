"""When autonomy is taken back, and when it may come back; pure. The values stand in the policy's `autonomy.demotion`.

Rules: 1. A tier whose bar a detector version has reached is lost where its bound falls `below_bar` under that bar.
2. Both tiers are lost after a response that did harm on an asset of class high or above, after several anywhere, or
when several of its latest responses were overridden. 3. What is lost stays lost for `lasts`, and until a policy other
than the one of that day is in force: a vote, not a clock, gives it back. 4. Then it has to be earned: what led to a
loss does not lead to another.
"""

from dataclasses import dataclass
from datetime import datetime

from engine.model.decision import Tier
from engine.model.feedback import Demoted, Trust
from engine.model.trust import Autonomy


@dataclass(frozen=True)
class Record:
    """What is known of a detector version: its precision's bound, responses that did harm, and overrides."""

    bound: float
    harmful_on_high: int = 0
    harmful: int = 0
    overridden: int = 0


def in_force(trust: Trust | None, policy_digest: str, now: datetime) -> Demoted | None:
    """What is taken back now (rule 3)."""
    demoted = None if trust is None else trust.demoted
    if demoted is None or (now >= demoted.until and policy_digest != demoted.policy_digest):
        return None
    return demoted


def assess(trust: Trust, record: Record, bars: Autonomy, policy_digest: str, now: datetime) -> Trust:
    """Where a detector version stands after what is now known of it."""
    cause = _cause(trust, record, bars)
    if cause is None:
        return trust.model_copy(update={"earned": max(trust.earned, _reached(record.bound, bars))})
    tier, because = cause
    standing = in_force(trust, policy_digest, now)
    demoted = Demoted(
        tier=tier, because=because, since=now, until=now + bars.demotion.lasts, policy_digest=policy_digest
    )
    kept = demoted if standing is None or tier < standing.tier else standing
    return trust.model_copy(update={"earned": min(trust.earned, Tier(tier - 1)), "demoted": kept})


def _reached(bound: float, bars: Autonomy) -> Tier:
    if bound >= bars.tell:
        return Tier.TELL
    return Tier.ACT if bound >= bars.act else Tier.LOOK


def _cause(trust: Trust, record: Record, bars: Autonomy) -> tuple[Tier, str] | None:
    """The gravest reason to take autonomy back (rules 1 and 2)."""
    limits = bars.demotion
    both = (
        (record.harmful_on_high, limits.harmful_on_high, "did harm on an asset of class high or above"),
        (record.harmful, limits.harmful, "did harm"),
        (record.overridden, limits.overridden, f"of the last {limits.overridden_of} responses were overridden"),
    )
    told = [f"{count} {text}" for count, limit, text in both if count >= max(1, limit)]
    if told:
        return Tier.ACT, told[0]
    fallen = ((Tier.ACT, bars.act), (Tier.TELL, bars.tell))
    for tier, bar in fallen:
        if trust.earned >= tier and record.bound < bar - limits.below_bar:
            return tier, f"its precision's bound fell to {record.bound:.2f}, under {bar:.2f} - {limits.below_bar:.2f}"
    return None
