"""A domain stands outside unless something of ours has its name in it; what guards a name guards the domains above."""

import pytest

from actions.dns_sinkhole import Sinkhole
from actions.host_isolate import Isolate
from engine.context.file import ContextFile
from engine.context.places import above
from engine.context.reach import zone_of
from engine.context.static import StaticContext
from engine.model.context import Asset, Zone

SITE = ContextFile(assets=(Asset(name="www.corp.example", addresses=("192.0.2.7",)),))


@pytest.mark.parametrize(
    ("name", "domains"),
    [("a.b.c.d", ["b.c.d", "c.d"]), ("b.c", []), ("c", []), ("", [])],
)
def test_the_domains_above_a_name(name: str, domains: list[str]) -> None:
    assert above(name) == domains


@pytest.mark.parametrize(
    ("domain", "zone"),
    [
        ("evil.example", Zone.OUTSIDE),
        ("corp.example", Zone.INSIDE),
        ("CORP.example.", Zone.INSIDE),
        ("www.corp.example", Zone.INSIDE),
        ("x.www.corp.example", Zone.OUTSIDE),
        ("p.example", Zone.OUTSIDE),
    ],
)
def test_where_a_domain_stands(domain: str, zone: Zone) -> None:
    assert zone_of(StaticContext(SITE, {}), Sinkhole.spec, domain) is zone


def test_other_targets_stand_where_the_context_says() -> None:
    assert zone_of(StaticContext(SITE, {}), Isolate.spec, "nowhere") is Zone.INSIDE


@pytest.mark.parametrize("domain", ["chat.tools.example", "tools.example", "Tools.example."])
def test_no_domain_is_touched_that_would_take_our_own_channel_along(domain: str) -> None:
    assert "we ask people" in str(
        StaticContext(SITE, {"chat.tools.example": "we ask people there"}).untouchable(domain)
    )


@pytest.mark.parametrize("domain", ["x.chat.tools.example", "ols.example", "example"])
def test_other_domains_are_not_guarded_by_it(domain: str) -> None:
    assert StaticContext(SITE, {"chat.tools.example": "we ask people there"}).untouchable(domain) is None
