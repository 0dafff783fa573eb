"""What one more rule would change (I9): a rule that is no exception never allows more, whatever it says and when.

`forbid` and `observe` are heard only after the tier is settled, and overrule what comes before them
(`engine.decide`); of a `raise` nothing counts but that it holds and where it lifts to. So one of each tier, holding,
stands for every rule that could be added in that situation.
"""

from dataclasses import dataclass

from engine.gates import Claim, needed_confidence
from engine.model.action import ActionSpec
from engine.model.base import Json
from engine.model.decision import Obligations, OnExpiry, Tier
from engine.model.policy import Raise
from engine.obligations import oblige
from engine.policy_cases import action_facts, unknown_facts
from engine.policy_file import Answers, Clause, Policy
from engine.ruling import Ruling, rule

LIFTS = tuple(
    Raise(id="added", kind="raise", when="true", to=tier, because="it is added")
    for tier in (Tier.ACT, Tier.TELL, Tier.ASK, Tier.ASK_TWO)
)
_SPANS = ("lease", "ceiling", "interim_lease", "hold_step", "hold_ceiling")


@dataclass(frozen=True)
class State:
    """One request as the rules see it: what holds, how far it may be believed, and facts in which that is so."""

    holding: tuple[Clause, ...]
    claim: Claim
    facts: Json


class Adding:
    """Rules added to what a policy says of one action, one at a time."""

    def __init__(self, policy: Policy, spec: ActionSpec) -> None:
        """Of this policy and action."""
        self._policy, self._spec, self._chapter = policy, spec, policy.chapter(spec.id)
        self._compared: dict[object, str] = {}

    def allows_more(self, state: State, before: Ruling) -> str:
        """What some rule, if it were added here, would allow that is not allowed now; empty where there is none."""
        for lift in LIFTS:
            answers = Answers((*state.holding, lift), ())
            after = rule(self._policy.document, self._chapter, answers, state.claim, self._spec)
            what = _settled(self._policy, state.claim, before, after) or self._terms(state, before, after)
            if what:
                return f"a rule that raises to tier {int(lift.to)} would allow more: {what}"
        return ""

    def _terms(self, state: State, before: Ruling, after: Ruling) -> str:
        """What the terms allow more; they depend on the rows and the tiers that spoke.

        Under an exception people were not asked, so that its terms are none to keep.
        """
        if before.exemptions or before.spoke == after.spoke:
            return ""
        key = tuple(row.id for row in before.rows), before.spoke, after.spoke
        if key not in self._compared:
            facts = {**unknown_facts(), **action_facts(self._spec), **state.facts}
            prepared = self._policy.language.prepare(facts)
            (old, _), (new, _) = oblige(self._policy, before, prepared), oblige(self._policy, after, prepared)
            self._compared[key] = _wider(before, old, new)
        return self._compared[key]


def _settled(policy: Policy, claim: Claim, before: Ruling, after: Ruling) -> str:
    gate = policy.document.confidence
    if after.tier < before.tier:
        return f"tier {int(after.tier)} instead of {int(before.tier)}"
    if needed_confidence(gate, after.spoke, claim) < needed_confidence(gate, before.spoke, claim):
        return "it needs less confidence"
    if not {*after.exemptions} <= {*before.exemptions}:
        return "an exception is granted that was not"
    return ""


def _wider(before: Ruling, old: Obligations, new: Obligations) -> str:
    longer = [name for name in _SPANS if getattr(new, name) > getattr(old, name)]
    if longer:
        return f"`{longer[0]}` {getattr(new, longer[0])} instead of {getattr(old, longer[0])}"
    if new.quorum < old.quorum:
        return f"{new.quorum} approvers instead of {old.quorum}"
    return _held(before, old, new)


def _held(before: Ruling, old: Obligations, new: Obligations) -> str:
    asked = before.tier >= Tier.ASK
    if asked and old.on_expiry is OnExpiry.DENY and new.on_expiry is not OnExpiry.DENY:
        return "silence holds the interim, which it did not"
    return "another interim" if asked and any(one not in old.interim for one in new.interim) else ""
