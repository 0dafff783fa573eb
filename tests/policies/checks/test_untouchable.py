"""Nobody may touch us or the channel we are managed through, whoever approved it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine.model.context import Asset, Identity
from engine.model.signed_in import SignedIn
from engine.ports import Subject
from policies.checks.untouchable import Untouchable

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "target", "outcome"),
    [
        ("host.isolate", "files-02", "pass"),
        ("host.isolate", "gw-01", "block"),
        ("host.isolate", "siem-01", "block"),
        ("network.block_ip", "10.20.1.30", "block"),
        ("network.block_ip", "10.20.1.5", "block"),
        ("network.block_ip", "::ffff:10.20.1.5", "block"),
        ("network.block_ip", "127.0.0.1", "block"),
        ("network.block_ip", "203.0.113.44", "pass"),
        ("network.block_segment", "10.20.1.0/24", "block"),
        ("network.block_segment", "10.20.64.0/24", "pass"),
        ("network.block_segment", "0.0.0.0/0", "block"),
        ("identity.disable_account", "j.baker", "pass"),
        ("notify", "gw-01", "pass"),
    ],
)
def test_outcome_even_when_approved_at_tier_4(make: Make, action: str, target: str, outcome: str) -> None:
    assert Untouchable().run(make(action, target, tier=4, approved=True, state="authorised")).outcome == outcome


def test_the_flag_of_what_stands_there_counts_where_the_context_forgot_it(make: Make) -> None:
    flagged = Asset(name="jump-01", untouchable=True)
    result = Untouchable().run(make(asset=flagged))
    assert (result.outcome, result.summary) == ("block", "`files-02`: flagged untouchable")


def test_an_untouchable_account_is_refused(make: Make) -> None:
    subject = make("identity.disable_account", "j.baker", identity=Identity(name="j.baker", untouchable=True))
    assert Untouchable().run(subject).outcome == "block"


@pytest.mark.parametrize(
    ("action", "target", "outcome"),
    [
        ("network.block_ip", "203.0.113.44", "block"),
        ("network.block_segment", "203.0.113.0/24", "block"),
        ("network.block_ip", "203.0.113.45", "pass"),
        ("host.isolate", "files-02", "pass"),
    ],
)
def test_where_somebody_who_decides_was_signed_in_from_is_kept(
    make: Make, action: str, target: str, outcome: str
) -> None:
    came = SignedIn(principal="anna", address="203.0.113.44", at=datetime(2026, 11, 21, tzinfo=UTC))
    subject = make(action, target, tier=4, approved=True, state="authorised", signed_in=(came,))
    assert Untouchable().run(subject).outcome == outcome


def test_a_host_that_somebody_who_decides_works_from_is_kept(make: Make) -> None:
    came = SignedIn(principal="anna", address="10.20.4.17", at=datetime(2026, 11, 21, tzinfo=UTC))
    result = Untouchable().run(make("host.isolate", "files-02", signed_in=(came,)))
    assert (result.outcome, "anna, who decides about us" in result.summary) == ("block", True)


def test_somebody_who_came_from_no_address_keeps_nothing(make: Make) -> None:
    came = SignedIn(principal="anna", address="a socket", at=datetime(2026, 11, 21, tzinfo=UTC))
    assert Untouchable().run(make("host.isolate", "files-02", signed_in=(came,))).outcome == "pass"
