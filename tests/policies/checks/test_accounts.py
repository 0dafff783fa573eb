"""Accounts that services sign in with, and accounts that something enables again."""

from collections.abc import Callable

import pytest

from engine.model.action import Impact
from engine.ports import Context, Subject
from policies.checks.reenabled import Reenabled
from policies.checks.service_account import ServiceAccount

Make = Callable[..., Subject]
YES = {"tier": 4, "state": "authorised", "approved": True}


@pytest.mark.parametrize("account", ["svc-mail", "m.batch"])
@pytest.mark.parametrize(
    ("action", "changes", "outcome"),
    [
        ("identity.disable_account", {}, "block"),
        ("identity.disable_account", {"tier": 3, "approved": True}, "block"),
        ("identity.disable_account", {"tier": 4}, "warn"),
        ("identity.disable_account", {"tier": 4, "state": "authorised"}, "block"),
        ("identity.disable_account", YES, "warn"),
        ("identity.revoke_sessions", {}, "block"),
        ("identity.revoke_sessions", {"tier": 3}, "warn"),
        ("identity.revoke_sessions", {"tier": 3, "state": "authorised"}, "block"),
        ("identity.revoke_sessions", {"tier": 3, "state": "authorised", "approved": True}, "warn"),
        ("notify", {}, "pass"),
    ],
)
def test_an_account_used_by_a_service(
    make: Make, hazardous: Context, account: str, action: str, changes: dict[str, object], outcome: str
) -> None:
    assert ServiceAccount().run(make(action, account, context=hazardous, **changes)).outcome == outcome


@pytest.mark.parametrize("account", ["j.doe", "nobody"])
def test_a_persons_own_account_is_none(make: Make, hazardous: Context, account: str) -> None:
    assert ServiceAccount().run(make("identity.disable_account", account, context=hazardous)).outcome == "pass"


@pytest.mark.parametrize("check", [ServiceAccount(), Reenabled()], ids=lambda check: check.id)
@pytest.mark.parametrize("account", ["svc-mail", "m.batch", "h.feed"])
def test_what_changes_nothing_passes(
    make: Make, hazardous: Context, check: ServiceAccount | Reenabled, account: str
) -> None:
    subject = make("identity.disable_account", account, context=hazardous, spec={"impact": Impact.NONE})
    assert check.run(subject).outcome == "pass"


@pytest.mark.parametrize(
    ("account", "summary"),
    [
        ("m.batch", "m.batch: used by billing, invoices, and needs tier 4, not 2; instead have its owner change its "
         "secret, or act on the host it is used from"),
        ("svc-mail", "svc-mail: used by a service that nobody has listed, and needs tier 4, not 2; instead have "
         "mail-owners change its secret, or act on the host it is used from"),
    ],
)  # fmt: skip
def test_the_services_and_the_remedy_are_named(make: Make, hazardous: Context, account: str, summary: str) -> None:
    assert ServiceAccount().run(make("identity.disable_account", account, context=hazardous)).summary == summary


def test_at_tier_4_people_see_the_services(make: Make, hazardous: Context) -> None:
    result = ServiceAccount().run(make("identity.disable_account", "m.batch", context=hazardous, **YES))
    assert (result.summary, result.details) == (
        "m.batch: used by billing, invoices", {"services": ["invoices", "billing"]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("action", "account", "outcome"),
    [
        ("identity.disable_account", "h.feed", "warn"),
        ("identity.disable_account", "j.doe", "pass"),
        ("identity.disable_account", "nobody", "pass"),
        ("identity.revoke_sessions", "h.feed", "pass"),
        ("notify", "h.feed", "pass"),
        ("host.isolate", "ws-01", "pass"),
    ],
)
def test_what_something_enables_again(make: Make, hazardous: Context, action: str, account: str, outcome: str) -> None:
    assert Reenabled().run(make(action, account, context=hazardous)).outcome == outcome


@pytest.mark.parametrize("change", [{"lasting": False}, {"reversal": "self_healing"}, {"reversal": "irreversible"}])
def test_only_what_lasts_can_be_undone_by_it(make: Make, hazardous: Context, change: dict[str, object]) -> None:
    subject = make("identity.disable_account", "h.feed", context=hazardous, spec=change)
    assert Reenabled().run(subject).outcome == "pass"


def test_what_enables_it_is_named_with_the_remedy(make: Make, hazardous: Context) -> None:
    result = Reenabled().run(make("identity.disable_account", "h.feed", context=hazardous))
    assert result.summary == (
        "`h.feed` is enabled again by `staff-feed`, whoever disabled it: disable it in `staff-feed` too"
    )
    assert result.details == {"reenabled_by": "staff-feed"}
