"""Earned autonomy: how precise a detector has been shown to be, and what was granted until that is measured."""

import math
from collections.abc import Iterable
from datetime import datetime

from engine.model.base import Json
from engine.model.context import Criticality
from engine.model.feedback import Demoted
from engine.model.finding import Finding
from engine.model.trust import Grant, VerdictCount

_Z = 1.6448536269514722
"""The 95th percentile of the normal distribution: one-sided 95 %."""

ANY_VERSION = "any"
"""Stands for every version of a detector, in a grant or a count."""


def lower_bound(right: int, verdicts: int) -> float:
    """One-sided 95 % lower bound of a precision by E. B. Wilson's score interval (JASA 22, 1927); 0.0 without verdicts.

    52 of 52 gives 0.95, 133 of 133 gives 0.98, 268 of 268 gives 0.99.
    """
    if verdicts == 0:
        return 0.0
    share, square = right / verdicts, _Z * _Z
    spread = _Z * math.sqrt(share * (1 - share) / verdicts + square / (4 * verdicts * verdicts))
    bound = (share + square / (2 * verdicts) - spread) / (1 + square / verdicts)
    return min(share, max(0.0, bound))


def autonomy_facts(
    finding: Finding | None,
    action: str,
    criticality: Criticality,
    history: Iterable[VerdictCount],
    grants: Iterable[Grant],
    now: datetime,
    demoted: Demoted | None = None,
) -> Json:
    """The `autonomy.*` facts of one (detector version, action, asset class)."""
    counts = [count for count in history if _concerns(count, finding, action, criticality)]
    given = [g for g in grants if now < g.expires_at and _concerns(g, finding, action, criticality)]
    right, verdicts = _total(count for count in counts if count.confidence_from is None)
    in_bin = _total(count for count in counts if _in_bin(count, finding))
    return {
        "autonomy.right": right,
        "autonomy.verdicts": verdicts,
        "autonomy.bound": lower_bound(right, verdicts),
        "autonomy.bin_bound": lower_bound(*in_bin),
        "autonomy.calibration_error": max((count.calibration_error for count in counts), default=0.0),
        "autonomy.granted_tier": max((int(grant.tier) for grant in given), default=0),
        "autonomy.score_trusted": any(grant.trusts_score for grant in given),
        "autonomy.grants": [*sorted(f"{grant.id} ({grant.owner}: {grant.reason})" for grant in given)],
        "autonomy.demoted_tier": 0 if demoted is None else int(demoted.tier),
        "autonomy.demoted_because": "" if demoted is None else demoted.because,
    }


def _concerns(entry: Grant | VerdictCount, finding: Finding | None, action: str, criticality: Criticality) -> bool:
    if finding is None or not f"{finding.detector}.".startswith(f"{entry.detector}."):
        return False
    if entry.version not in (ANY_VERSION, finding.detector_version):
        return False
    return action in (entry.actions or (action,)) and criticality in (entry.classes or (criticality,))


def _in_bin(count: VerdictCount, finding: Finding | None) -> bool:
    confidence = None if finding is None else finding.confidence
    return count.confidence_from is not None and confidence is not None and confidence >= count.confidence_from


def _total(counts: Iterable[VerdictCount]) -> tuple[int, int]:
    numbers = [(count.right, count.verdicts) for count in counts]
    return sum(right for right, _ in numbers), sum(verdicts for _, verdicts in numbers)
