"""The shipped baseline as a whole: what it covers, and what it says outside its rows."""

from datetime import timedelta
from pathlib import Path

import pytest

from actions.registry import ActionSpecs
from engine.model.action import Reversal
from engine.model.break_glass import Overridable
from engine.policy_file import Policy, load_policy

PATH = Path(__file__).parents[2] / "policies" / "baseline.yaml"
SPECS = ActionSpecs()


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(PATH, SPECS)


def test_bars_and_learning_are_as_stated(policy: Policy) -> None:
    said = policy.document
    assert (said.autonomy.act, said.autonomy.tell, said.autonomy.exception) == (0.95, 0.98, 0.99)
    assert (said.learning.at_least, said.learning.at_most) == (timedelta(days=21), timedelta(days=45))
    assert not said.grants and not said.history


def test_every_registered_action_has_a_row(policy: Policy) -> None:
    rows = {action for row in policy.document.matrix for action in row.actions}
    assert {spec.id for spec in SPECS.all()} <= rows


def test_it_loads_always_with_the_same_digest(policy: Policy) -> None:
    assert load_policy(PATH, SPECS).digest == policy.digest


def test_nothing_irreversible_is_an_interim(policy: Policy) -> None:
    calls = [call for terms in policy.terms.values() for call in terms.interim]
    assert calls
    assert all(call.spec.reversal is not Reversal.IRREVERSIBLE for call in calls)


def test_break_glass_skips_approvals_and_nothing_else_twice_a_month_for_an_hour(policy: Policy) -> None:
    terms = policy.document.break_glass
    assert (terms.groups, terms.overrides) == (("break-glass",), (Overridable.ASK, Overridable.ASK_TWO))
    assert (terms.lasts, terms.a_month, terms.review_within) == (timedelta(hours=1), 2, timedelta(hours=24))
