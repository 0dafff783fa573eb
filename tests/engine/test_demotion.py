"""Autonomy is taken back by the rules of the policy, and given back by time and a vote together."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.autonomy import lower_bound
from engine.demotion import Record, assess, in_force
from engine.model.decision import Tier
from engine.model.feedback import Trust
from engine.model.trust import Autonomy, Demotion

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OLD, NEW = "ab" * 32, "cd" * 32
BARS = Autonomy(
    act=0.95, tell=0.98, exception=0.99, sampled=0.1, sampled_a_week=20,
    demotion=Demotion(
        below_bar=0.02, psi_over=0.25, overridden=2, overridden_of=20, harmful_on_high=1, harmful=2, lasts=14 * DAY
    ),
)  # fmt: skip


def trust(earned: Tier = Tier.LOOK) -> Trust:
    return Trust(detector="dns.tunnel", version="1", earned=earned)


def after(before: Trust, **known: float) -> Trust:
    record = Record(bound=known.pop("bound", 0.0), **{name: int(value) for name, value in known.items()})
    return assess(before, record, BARS, OLD, NOON)


def lost(before: Trust, **known: float) -> Tier | None:
    demoted = after(before, **known).demoted
    return None if demoted is None else demoted.tier


@pytest.mark.parametrize(
    ("right", "of", "earned"), [(51, 51, 0), (52, 52, 1), (86, 87, 1), (132, 132, 1), (133, 133, 2), (0, 0, 0)]
)
def test_tiers_are_earned_at_the_bars_counts(right: int, of: int, earned: int) -> None:
    assert after(trust(), bound=lower_bound(right, of)).earned == earned


@pytest.mark.parametrize(
    ("earned", "bound", "tier"),
    [
        (Tier.ACT, 0.931, None),
        (Tier.ACT, 0.929, Tier.ACT),
        (Tier.TELL, 0.961, None),
        (Tier.TELL, 0.959, Tier.TELL),
        (Tier.TELL, 0.929, Tier.ACT),
        (Tier.LOOK, 0.5, None),
    ],
)
def test_a_tier_is_lost_two_hundredths_under_its_bar_and_only_where_it_was_earned(
    earned: Tier, bound: float, tier: Tier | None
) -> None:
    assert lost(trust(earned), bound=bound) == tier


@pytest.mark.parametrize(
    ("known", "tier"),
    [
        ({"harmful_on_high": 1, "harmful": 1}, Tier.ACT),
        ({"harmful": 1}, None),
        ({"harmful": 2}, Tier.ACT),
        ({"overridden": 1}, None),
        ({"overridden": 2}, Tier.ACT),
    ],
)
def test_harm_and_overrides_take_everything_back_whatever_was_earned(
    known: dict[str, float], tier: Tier | None
) -> None:
    assert lost(trust(Tier.TELL), bound=0.999, **known) == tier
    assert lost(trust(), bound=0.0, **known) == tier


@pytest.mark.parametrize(
    ("later", "policy", "still"),
    [(0 * DAY, NEW, True), (14 * DAY - timedelta(seconds=1), NEW, True), (14 * DAY, OLD, True), (14 * DAY, NEW, False)],
)
def test_it_comes_back_after_its_time_and_by_another_policy_only(later: timedelta, policy: str, still: bool) -> None:
    demoted = after(trust(), harmful=2)
    assert (in_force(demoted, policy, NOON + later) is not None) is still


def test_a_graver_loss_replaces_a_lesser_one_and_not_the_other_way_round() -> None:
    lesser = after(trust(Tier.TELL), bound=0.95)
    both = after(lesser, bound=0.95, harmful=2)
    again = assess(both.model_copy(update={"earned": Tier.TELL}), Record(0.95), BARS, OLD, NOON + DAY)
    assert (lesser.demoted and lesser.demoted.tier, both.demoted and both.demoted.tier) == (Tier.TELL, Tier.ACT)
    assert again.demoted == both.demoted


def test_what_led_to_one_loss_does_not_lead_to_the_next() -> None:
    fallen = after(trust(Tier.ACT), bound=0.9)
    afterwards = assess(fallen, Record(0.9), BARS, NEW, NOON + 15 * DAY)
    assert (fallen.earned, afterwards.demoted) == (Tier.LOOK, fallen.demoted)
    assert in_force(afterwards, NEW, NOON + 15 * DAY) is None
