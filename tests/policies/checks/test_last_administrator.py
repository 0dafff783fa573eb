"""Somebody is always left who can put things right."""

from collections.abc import Callable

import pytest

from engine.context.file import ContextFile
from engine.context.static import StaticContext
from engine.ports import Subject
from policies.checks.last_administrator import LastAdministrator

Make = Callable[..., Subject]


@pytest.mark.parametrize(
    ("action", "account", "in_force", "outcome"),
    [
        ("identity.disable_account", "j.baker", (), "pass"),
        ("identity.disable_account", "adm-k.wolf", (), "pass"),
        ("identity.disable_account", "dir-a.nowak", (), "pass"),
        ("identity.disable_account", "dir-a.nowak", ("dir-r.sato",), "block"),
        ("identity.disable_account", "dir-a.nowak", ("DIR-R.Sato",), "block"),
        ("identity.disable_account", "dir-a.nowak", ("dir-a.nowak", "j.baker"), "pass"),
        ("identity.disable_account", "glass-01", (), "block"),
        ("identity.revoke_sessions", "dir-a.nowak", ("dir-r.sato",), "pass"),
        ("host.isolate", "dc-01", (), "pass"),
        ("notify", "glass-01", (), "pass"),
    ],
)
def test_outcome(make: Make, action: str, account: str, in_force: tuple[str, ...], outcome: str) -> None:
    assert LastAdministrator().run(make(action, account, in_force=in_force)).outcome == outcome


@pytest.mark.parametrize("change", [{"enabled": False}, {"service": True}, {"break_glass": True}])
def test_who_cannot_help_is_not_counted(make: Make, site: ContextFile, change: dict[str, bool]) -> None:
    identities = tuple(one.model_copy(update=change) if one.name == "dir-s.haas" else one for one in site.identities)
    context = StaticContext(site.model_copy(update={"identities": identities}), {})
    result = LastAdministrator().run(make("identity.disable_account", "dir-a.nowak", context=context))
    assert (result.outcome, result.details) == ("block", {"left": 1})
