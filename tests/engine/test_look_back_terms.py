"""What a policy says of a look-back without records: what loosens it is told as that."""

from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.model.look_back import LookBackTerms, OnGap
from engine.policy_diff import compare
from engine.policy_file import load_policy

BASELINE = Path(__file__).parents[2] / "policies" / "baseline.yaml"


@pytest.mark.parametrize(
    ("terms", "place", "can_allow_more"),
    [
        (LookBackTerms(gap=OnGap.WARN), "look_back.gap", True),
        (LookBackTerms(fresh=timedelta(days=3)), "look_back.fresh", True),
        (LookBackTerms(fresh=timedelta(hours=36)), "look_back.fresh", False),
    ],
)
def test_a_gap_that_stops_less_can_allow_more(terms: LookBackTerms, place: str, can_allow_more: bool) -> None:
    shipped = load_policy(BASELINE, ActionSpecs()).document
    changes = compare(shipped, shipped.model_copy(update={"look_back": terms}))
    assert [(change.place, change.can_allow_more) for change in changes] == [(place, can_allow_more)]
